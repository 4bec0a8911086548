import { currentContext } from "@sluice/telemetry";
import type { Queryable, Transactional } from "../queryable.ts";
import { insertAuditEntry, type NewAuditEntry } from "./audit-queries.ts";

/** Where an administrator's actions are done, and in whose name. */
export interface AdminStore {
  readonly db: Transactional;
  /** `key:<id>`, `cli:<user>` or `system:<part>`. */
  readonly actor: string;
}

/**
 * Does an action and writes it down, both or neither. Inside of a transaction it joins that one.
 * @param entryOf what is written of the action's result; never a secret
 * @throws what `act` throws; then nothing is written.
 */
export function audited<T>(
  { db, actor }: AdminStore,
  act: (tx: Queryable) => Promise<T>,
  entryOf: (result: T) => Omit<NewAuditEntry, "actor" | "requestId">,
): Promise<T> {
  return db.transaction("auth.audited", async (tx) => {
    const result = await act(tx);
    const requestId = currentContext()?.requestId ?? null;
    await insertAuditEntry(tx, { ...entryOf(result), actor, requestId });
    return result;
  });
}
