import type { Fault } from "../faults/table.ts";
import { SERVICES } from "../faults/table.ts";
import { isSuccess, type Outcome } from "../load.ts";

/** "Not now": to be repeated after `Retry-After`. */
const REFUSALS: ReadonlySet<string> = new Set([
  "DATABASE_UNAVAILABLE",
  "POOL_TIMEOUT",
  "POOL_SATURATED",
  "SHUTTING_DOWN",
  "NO_SAMPLE",
]);

/** Answers that a client has to expect at any time: somebody else was faster, or it was faster itself. */
const CONFLICTS: ReadonlySet<string> = new Set([
  "STALE_ATTEMPT",
  "INVALID_STATE_TRANSITION",
  "IDEMPOTENCY_IN_PROGRESS",
  "CHANGE_IN_PROGRESS",
]);

/** Whether the client did not get what it asked for, and has to repeat it. */
export function isFailure(outcome: Outcome): boolean {
  return !isSuccess(outcome) && !CONFLICTS.has(outcome.code ?? "");
}

/** Failures that this fault does not allow: only typed ones, none when it is to go unnoticed. */
export function unallowed({ action, unnoticed }: Fault, outcomes: readonly Outcome[]): string[] {
  const breaksConnections =
    action.kind === "kill" && (SERVICES as readonly string[]).includes(action.part);
  const isAllowed = ({ status, code, retryAfter }: Outcome): boolean => {
    if (unnoticed) return false;
    if (status === 0) return breaksConnections;
    if (code === "DEADLINE_EXCEEDED") return true;
    return status === 503 && REFUSALS.has(code ?? "") && Number(retryAfter) > 0;
  };
  const bad = outcomes.filter((outcome) => isFailure(outcome) && !isAllowed(outcome));
  const kinds = Map.groupBy(bad, ({ status, code }) => `${status} ${code}`);
  return [...kinds].map(([kind, { length }]) => `${length} requests ended with ${kind}`);
}
