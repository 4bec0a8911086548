import { SluiceError } from "@sluice/errors";
import type { Redis } from "ioredis";
import { formatKey, generateKey, hashSecret } from "../api-key.ts";
import type { Queryable } from "../queryable.ts";
import { SCOPES, refuseScope } from "../scope.ts";
import { announceRevocation } from "./announce-revocation.ts";
import { invalidArgument, type Page, type PageRequest, readPage } from "@sluice/http";
import {
  type KeyEntry,
  type KeyReference,
  insertKey,
  listKeyPage,
  markRevoked,
  replaceKey,
} from "./queries.ts";
import { getTenantId } from "./tenants.ts";

/** A key with its text, which is shown this once and cannot be read again. */
export interface CreatedKey extends KeyEntry {
  readonly key: string;
}

/** Whether every service was told of the change; if not, it is in force within 10 s. */
export interface Announced {
  readonly announced: boolean;
}

/** What ending a key needs: the database, and Redis for it to be in force at once. */
export interface KeyStore {
  readonly db: Queryable;
  readonly redis?: Redis | undefined;
}

export interface KeyRequest {
  /** For people, 1 to 200 characters; need not be unique. */
  readonly name: string;
  /** RFC 3339, in the future. */
  readonly expiresAt?: string | null | undefined;
}

export interface TenantKeyRequest extends KeyRequest {
  readonly tenant: string;
  /** The only project it acts in; null = all of the tenant's. */
  readonly project: string | null;
  readonly scopes: readonly string[];
}

/** @throws SluiceError TENANT_NOT_FOUND, PROJECT_NOT_FOUND, VALIDATION_FAILED. */
export async function createKey(db: Queryable, request: TenantKeyRequest): Promise<CreatedKey> {
  const scopes = SCOPES.filter((scope) => request.scopes.includes(scope));
  requireScopes(request);
  const created = await storeKey(db, { ...request, scopes });
  if (created !== undefined) return created;
  await getTenantId(db, request.tenant);
  const detail = `Tenant "${request.tenant}" has no project "${request.project}".`;
  throw new SluiceError("PROJECT_NOT_FOUND", detail);
}

/** A key with every scope on every tenant. @throws SluiceError VALIDATION_FAILED. */
export async function createPlatformKey(db: Queryable, request: KeyRequest): Promise<CreatedKey> {
  const created = await storeKey(db, { ...request, tenant: null, project: null, scopes: SCOPES });
  return created!;
}

/** A tenant's keys (null: the platform's) by id, without secrets. @throws SluiceError TENANT_NOT_FOUND, VALIDATION_FAILED. */
export async function listKeys(
  db: Queryable,
  { tenant, ...page }: PageRequest & { tenant: string | null },
): Promise<Page<KeyEntry>> {
  const tenantId = tenant === null ? null : await getTenantId(db, tenant);
  return readPage(
    `keys ${tenantId ?? "platform"}`,
    page,
    (key: KeyEntry) => key.id,
    (keyset) => listKeyPage(db, { tenantId, ...keyset }),
  );
}

/** Ends a key for good. Repeating it is harmless. @throws SluiceError KEY_NOT_FOUND. */
export async function revokeKey(
  { db, redis }: KeyStore,
  reference: KeyReference,
): Promise<KeyEntry & Announced> {
  const revoked = await markRevoked(db, reference);
  if (revoked === undefined)
    throw new SluiceError("KEY_NOT_FOUND", `There is no key "${reference.id}".`);
  return { ...revoked, announced: await announceRevocation(redis, reference.id) };
}

/**
 * Makes a key with the same rights and the same end under a new id; the old one stays valid for `graceSeconds`.
 * @throws SluiceError KEY_NOT_FOUND when there is none, or it is not valid any more; VALIDATION_FAILED.
 */
export async function rotateKey(
  { db, redis }: KeyStore,
  { graceSeconds = 0, ...old }: KeyReference & { graceSeconds?: number | undefined },
): Promise<CreatedKey & Announced> {
  requireGrace(graceSeconds);
  const fresh = generateKey();
  const hash = hashSecret(fresh.secret);
  const stored = await replaceKey(db, { old, id: fresh.id, hash, graceSeconds });
  if (stored === undefined) {
    throw new SluiceError(
      "KEY_NOT_FOUND",
      `There is no valid key "${old.id}". Create a new one instead.`,
    );
  }
  // The old key's end was moved, which services that remember it must hear of.
  return { ...stored, key: formatKey(fresh), announced: await announceRevocation(redis, old.id) };
}

async function storeKey(
  db: Queryable,
  request: KeyRequest & {
    tenant: string | null;
    project: string | null;
    scopes: readonly string[];
  },
): Promise<CreatedKey | undefined> {
  requireKeyName(request.name);
  const fresh = generateKey();
  const hash = hashSecret(fresh.secret);
  const expiresAt = parseExpiry(request.expiresAt);
  const stored = await insertKey(db, { ...request, id: fresh.id, hash, expiresAt });
  return stored && { ...stored, key: formatKey(fresh) };
}

function requireScopes({ scopes, project }: TenantKeyRequest): void {
  if (scopes.length === 0) throw invalidArgument("/scopes", "must have at least one scope");
  for (const [index, scope] of scopes.entries()) {
    const refusal = refuseScope(scope, project !== null);
    if (refusal !== undefined) throw invalidArgument(`/scopes/${index}`, `is refused: ${refusal}`);
  }
}

function requireKeyName(name: string): void {
  const length = [...name].length;
  if (length >= 1 && length <= 200 && !name.includes("\0")) return;
  throw invalidArgument("/name", "must have 1 to 200 characters");
}

/** Ten years: longer than any two keys need to overlap. */
const MAX_GRACE_SECONDS = 315_360_000;

function requireGrace(seconds: number): void {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_GRACE_SECONDS) return;
  throw invalidArgument("/grace_seconds", `must be a whole number from 0 to ${MAX_GRACE_SECONDS}`);
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i;

function parseExpiry(text: string | null | undefined): string | null {
  if (text === null || text === undefined) return null;
  const at = RFC3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at))
    throw invalidArgument("/expires_at", "must be a time such as 2027-01-31T00:00:00Z");
  if (at <= Date.now()) throw invalidArgument("/expires_at", "must be in the future");
  return text;
}
