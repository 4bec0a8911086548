import type { AdminStore, Principal, Transactional } from "@sluice/auth";

/** Where a request's action is done, in the name of its key. */
export function storeFor(db: Transactional, { keyId }: Principal): AdminStore {
  return { db, actor: `key:${keyId}` };
}
