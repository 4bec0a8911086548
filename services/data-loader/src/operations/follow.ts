import { eventTexts, follow, type Subject } from "../following/follow.ts";
import type { Queryable } from "../data-loader.ts";
import { renderOperation } from "./render-operation.ts";
import { findOperation, type OperationRow } from "./queries.ts";

const subjectOf = (db: Queryable, operation: OperationRow): Subject<OperationRow> => ({
  first: operation,
  look: () => findOperation(db, operation),
  hasEnded: ({ ended_at }) => ended_at !== null,
});

/**
 * Waits up to `ms` for an operation to end.
 * @returns its row as it is then
 * @throws the reason of `signal`: the client left, or the instance stops
 */
export async function waitFor(
  db: Queryable,
  operation: OperationRow,
  ms: number,
  signal: AbortSignal,
): Promise<OperationRow> {
  let last = operation;
  const either = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
  for await (const row of follow(subjectOf(db, operation), either)) last = row;
  signal.throwIfAborted();
  return last;
}

/** The texts of an operation's event stream. */
export function operationStream(
  db: Queryable,
  operation: OperationRow,
  signal: AbortSignal,
): AsyncGenerator<string> {
  return eventTexts("operation", follow(subjectOf(db, operation), signal), renderOperation);
}
