import { SluiceError } from "@sluice/errors";
import { matchesSecret } from "../api-key.ts";
import { readCredentials } from "../credentials.ts";
import { type Principal, requireScope } from "../principal.ts";
import type { Queryable } from "../queryable.ts";
import { SCOPES } from "../scope.ts";
import type { LookupCache } from "./lookup-cache.ts";
import { type KeyRow, findKey } from "./queries.ts";

/** The part of a request that says who sends it. */
export interface CredentialedRequest {
  readonly headers: { readonly authorization?: string | undefined };
}

/** A key as it was at one moment. */
export interface KnownKey {
  readonly hash: Buffer;
  readonly isRevoked: boolean;
  /** `performance.now()` after which it is not valid; Infinity = never. */
  readonly expiresAt: number;
  readonly principal: Principal;
}

/** Reads a key for the cache. */
export async function loadKey(db: Queryable, id: string): Promise<KnownKey | undefined> {
  // Taken before the statement is sent: a key may end some milliseconds early, and never late.
  const asOf = performance.now();
  const row = await findKey(db, id);
  return row && toKnownKey(row, asOf);
}

/**
 * Who sends the request.
 * @throws SluiceError UNAUTHENTICATED, or FORBIDDEN when the key is good and lacks the scope.
 */
export async function authenticate(
  keys: LookupCache<KnownKey>,
  request: CredentialedRequest,
  requiredScope?: string,
): Promise<Principal> {
  const credentials = readCredentials(request.headers.authorization);
  if (credentials === undefined) throw unauthenticated("The request carries no API key");
  const key = await keys.get(credentials.id);
  // Only who knows the secret is told more than that the key is not valid.
  if (!matchesSecret(credentials.secret, key?.hash) || key === undefined) {
    throw unauthenticated("The API key is not valid");
  }
  if (key.isRevoked) throw unauthenticated(`Key ${credentials.id} was revoked`);
  if (performance.now() >= key.expiresAt)
    throw unauthenticated(`Key ${credentials.id} has expired`);
  if (requiredScope !== undefined) requireScope(key.principal, requiredScope);
  return key.principal;
}

function toKnownKey(row: KeyRow, asOf: number): KnownKey {
  const principal: Principal = {
    keyId: row.key_id,
    tenantId: row.tenant_id,
    projectId: row.project_id,
    projectName: row.project_name,
    // A platform key has every scope, those that were added after it was made too.
    scopes: new Set(row.tenant_id === null ? SCOPES : row.scopes),
    quotas: {
      requestsPerSecond: row.requests_per_second,
      concurrentRequests: row.concurrent_requests,
    },
  };
  return {
    hash: row.secret_sha256,
    isRevoked: row.is_revoked,
    expiresAt: row.expires_in_ms === null ? Infinity : asOf + row.expires_in_ms,
    principal,
  };
}

function unauthenticated(what: string): SluiceError {
  const detail = `${what}. Send "Authorization: Bearer sluice_<id>_<secret>" with a valid key.`;
  return new SluiceError("UNAUTHENTICATED", detail);
}
