import { AsyncLocalStorage } from "node:async_hooks";
import type { TraceSpan } from "@sluice/telemetry";

/**
 * What the statement now being run is for. Kysely knows nothing of operations, deadlines or callers that leave, so
 * these reach its driver beside the query.
 */
export interface Call {
  readonly operation: string;
  readonly requestId: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** `performance.now()` milliseconds. */
  readonly deadline: number;
  /** How long one statement may go unanswered, whatever the deadline: the server itself ends it earlier. */
  readonly timeoutMs: number;
  /** One statement and no transaction. */
  readonly autocommit: boolean;
  /** Where a transaction was begun. */
  readonly origin: Error | undefined;
  /** Of the operation; undefined unless it is traced. */
  readonly span: TraceSpan | undefined;
}

const storage = new AsyncLocalStorage<Call>();

export function runCall<T>(call: Call, fn: () => T): T {
  return storage.run(call, fn);
}

/** @throws Error when a query is executed past Database.run: it would have no name and no deadline. */
export function currentCall(): Call {
  const call = storage.getStore();
  if (call === undefined)
    throw new Error("Run queries by Database.run(operation, query), never by query.execute()");
  return call;
}
