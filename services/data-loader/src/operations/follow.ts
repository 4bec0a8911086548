import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "@sluice/errors";
import { eventText, KEEP_ALIVE, stringifyJson } from "@sluice/http";
import type { Queryable } from "../data-loader.ts";
import { renderOperation } from "./render-operation.ts";
import { findOperation, type OperationRow } from "./queries.ts";

/** Pauses between two looks double from the first to the last. */
const FIRST_PAUSE_MS = 10;
const LAST_PAUSE_MS = 500;
/** Proxies close connections that are silent for longer. */
const KEEP_ALIVE_MS = 14_000;

/** An operation as it is, again and again until it has ended or the signal aborts. Nothing is held between two looks. */
export async function* follow(
  db: Queryable,
  operation: OperationRow,
  signal: AbortSignal,
): AsyncGenerator<OperationRow> {
  let row = operation;
  yield row;
  for (
    let pause = FIRST_PAUSE_MS;
    row.ended_at === null;
    pause = Math.min(2 * pause, LAST_PAUSE_MS)
  ) {
    await sleep(pause, undefined, { signal }).catch(() => undefined); // aborted, which is seen next
    if (signal.aborted) return;
    row = (await lookAgain(db, row)) ?? row;
    yield row;
  }
}

/** While the database is away or overloaded an operation is what it was. */
async function lookAgain(db: Queryable, row: OperationRow): Promise<OperationRow | undefined> {
  try {
    return await findOperation(db, row);
  } catch (error) {
    if (error instanceof SluiceError && error.status === 503) return row;
    throw error;
  }
}

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
  for await (const row of follow(db, operation, either)) last = row;
  signal.throwIfAborted();
  return last;
}

/** The texts of an operation's event stream: one event for each change that was seen, the last of them the end. */
export async function* operationStream(
  db: Queryable,
  operation: OperationRow,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let shown = "";
  let sentAt = Number.NEGATIVE_INFINITY;
  for await (const row of follow(db, operation, signal)) {
    const isSilent = performance.now() - sentAt >= KEEP_ALIVE_MS;
    if (row.updated_at === shown && !isSilent) continue;
    yield row.updated_at === shown ? KEEP_ALIVE : operationEvent(row);
    shown = row.updated_at;
    sentAt = performance.now();
  }
}

function operationEvent(row: OperationRow): string {
  return eventText("operation", row.updated_at, stringifyJson(renderOperation(row)));
}
