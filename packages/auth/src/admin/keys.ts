import { SluiceError } from "@sluice/errors";
import { InvalidValue, parseInstant } from "@sluice/values";
import { formatKey, generateKey, hashSecret } from "../api-key.ts";
import type { Queryable } from "../queryable.ts";
import { SCOPES, refuseScope } from "../scope.ts";
import { type AdminStore, audited } from "./audited.ts";
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
export async function createKey(store: AdminStore, request: TenantKeyRequest): Promise<CreatedKey> {
  const scopes = SCOPES.filter((scope) => request.scopes.includes(scope));
  requireScopes(request);
  return storeKey(store, { ...request, scopes });
}

/** A key with every scope on every tenant. @throws SluiceError VALIDATION_FAILED. */
export function createPlatformKey(store: AdminStore, request: KeyRequest): Promise<CreatedKey> {
  return storeKey(store, { ...request, tenant: null, project: null, scopes: SCOPES });
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

/**
 * Ends a key for good. Repeating it is harmless. Services hear of it by `announceRevocation`, else within 10 s.
 * @throws SluiceError KEY_NOT_FOUND.
 */
export function revokeKey(store: AdminStore, reference: KeyReference): Promise<KeyEntry> {
  const revoke = async (tx: Queryable): Promise<KeyEntry> => {
    const revoked = await markRevoked(tx, reference);
    if (revoked !== undefined) return revoked;
    throw new SluiceError("KEY_NOT_FOUND", `There is no key "${reference.id}".`);
  };
  return audited(store, revoke, ({ id, tenant, name }) => ({
    action: "key.revoke",
    tenant,
    target: id,
    details: { name },
  }));
}

/**
 * Makes a key with the same rights and the same end under a new id; the old one stays valid for `graceSeconds`, and
 * services hear of its new end by `announceRevocation`, else within 10 s.
 * @throws SluiceError KEY_NOT_FOUND when there is none, or it is not valid any more; VALIDATION_FAILED.
 */
export async function rotateKey(
  store: AdminStore,
  { graceSeconds = 0, ...old }: KeyReference & { graceSeconds?: number | undefined },
): Promise<CreatedKey> {
  requireGrace(graceSeconds);
  const fresh = generateKey();
  const hash = hashSecret(fresh.secret);
  const replace = async (tx: Queryable): Promise<KeyEntry> => {
    const stored = await replaceKey(tx, { old, id: fresh.id, hash, graceSeconds });
    if (stored !== undefined) return stored;
    const detail = `There is no valid key "${old.id}". Create a new one instead.`;
    throw new SluiceError("KEY_NOT_FOUND", detail);
  };
  const stored = await audited(store, replace, ({ id, tenant, name }) => ({
    action: "key.rotate",
    tenant,
    target: old.id,
    details: { name, new_id: id, grace_seconds: graceSeconds },
  }));
  return { ...stored, key: formatKey(fresh) };
}

type StoredKeyRequest = KeyRequest & {
  readonly tenant: string | null;
  readonly project: string | null;
  readonly scopes: readonly string[];
};

async function storeKey(store: AdminStore, request: StoredKeyRequest): Promise<CreatedKey> {
  requireKeyName(request.name);
  const fresh = generateKey();
  const hash = hashSecret(fresh.secret);
  const expiresAt = parseExpiry(request.expiresAt);
  const insert = async (tx: Queryable): Promise<KeyEntry> => {
    const inserted = await insertKey(tx, { ...request, id: fresh.id, hash, expiresAt });
    return inserted ?? (await explainAbsence(tx, request));
  };
  const stored = await audited(store, insert, ({ id, tenant, name, project, scopes }) => ({
    action: "key.create",
    tenant,
    target: id,
    details: { name, project, scopes, expires_at: expiresAt },
  }));
  return { ...stored, key: formatKey(fresh) };
}

async function explainAbsence(
  db: Queryable,
  { tenant, project }: StoredKeyRequest,
): Promise<never> {
  await getTenantId(db, tenant ?? "");
  const detail = `Tenant "${tenant}" has no project "${project}".`;
  throw new SluiceError("PROJECT_NOT_FOUND", detail);
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
  const at = RFC3339.test(text) ? readInstant(text) : undefined;
  if (at === undefined)
    throw invalidArgument("/expires_at", "must be a time such as 2027-01-31T00:00:00Z");
  if (Date.parse(at) <= Date.now()) throw invalidArgument("/expires_at", "must be in the future");
  return at;
}

/** Undefined for what has the form of a time and is in no calendar. */
function readInstant(text: string): string | undefined {
  try {
    return parseInstant(text);
  } catch (error) {
    if (error instanceof InvalidValue) return undefined;
    throw error;
  }
}
