import { setTimeout as sleep } from "node:timers/promises";
import { errorCode } from "./connection.ts";
import { MigrationError } from "./migration-error.ts";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

// lock_not_available, deadlock_detected: nothing happened, and the same may succeed a moment later.
const LOCK_CONFLICTS = new Set(["55P03", "40P01"]);

export interface LockRetry {
  /** What waits, for the log and the error. */
  readonly what: string;
  /** `performance.now()` milliseconds after which a refused lock is final. */
  readonly deadline: number;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Repeats `attempt` while a lock is refused, with pauses that grow and vary: waiting briefly and often lets
 * the application's queries pass in between, where one long wait would queue all of them behind it.
 * @throws MigrationError `lock_timeout` at the deadline.
 */
export async function retryLock<T>(retry: LockRetry, attempt: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isLockConflict(error)) throw error;
      const pauseMs =
        Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
      if (performance.now() + pauseMs > retry.deadline) throw refused(retry, failures + 1, error);
      retry.log(`${retry.what}: a lock is taken; trying again in ${Math.round(pauseMs)} ms`);
      await sleep(pauseMs, undefined, retry.signal === undefined ? {} : { signal: retry.signal });
    }
  }
}

function isLockConflict(error: unknown): boolean {
  if (error instanceof MigrationError) return error.reason === "busy";
  return LOCK_CONFLICTS.has(errorCode(error) ?? "");
}

function refused({ what }: LockRetry, attempts: number, cause: unknown): MigrationError {
  const detail = `${what}: could not get its lock in ${attempts} attempts. Look for long transactions in pg_stat_activity, then run again.`;
  return new MigrationError("lock_timeout", detail, { cause });
}
