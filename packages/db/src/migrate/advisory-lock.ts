import { setTimeout as sleep } from "node:timers/promises";
import type { ReservedConnection } from "./connection.ts";
import { MigrationError } from "./migration-error.ts";

/** "sluice" as bytes: the key of the session lock that one run at a time holds on a database. */
const LOCK_KEY = "126909663503205";
const POLL_MS = 100;

/**
 * Waits until no other run holds the lock. Polls, for a blocked `pg_advisory_lock()` is an open transaction,
 * and CREATE INDEX CONCURRENTLY of the other run would wait for it: a deadlock.
 * The lock ends with the session.
 * @throws MigrationError `busy` at the deadline (`performance.now()` milliseconds).
 */
export async function takeRunLock(
  connection: ReservedConnection,
  deadline: number,
  signal?: AbortSignal,
): Promise<void> {
  for (;;) {
    const [row] = await connection.query<{ taken: boolean }>(
      `SELECT pg_try_advisory_lock(${LOCK_KEY}) AS taken`,
    );
    if (row?.taken === true) return;
    if (performance.now() > deadline) {
      throw new MigrationError(
        "busy",
        "Another migration run holds the lock of this database. Wait for it to end, then run again.",
      );
    }
    await sleep(POLL_MS, undefined, signal === undefined ? {} : { signal });
  }
}
