import { type TraceSpan, runInContext } from "@sluice/telemetry";
import type { Caller } from "./caller.ts";

/** A batch may serve two thousand requests; the spans of their waiting name the batch in any case. */
const MAX_LINKS = 32;

/**
 * The span of a batch, in the trace of its first traced caller, with links to the others, whose own waiting gets a link
 * to it. Undefined when none of them is traced.
 */
export function startBatch<V>(callers: readonly Caller<V>[], keys: number): TraceSpan | undefined {
  const first = callers.find(({ span }) => span !== undefined)?.span;
  if (first === undefined) return undefined;
  const others = callers.flatMap(({ span }) =>
    span === undefined || span === first ? [] : [span],
  );
  const batch = first.child("coalesce.batch", {
    attributes: { "sluice.batch.keys": keys, "sluice.batch.callers": callers.length },
    links: others.slice(0, MAX_LINKS),
  });
  for (const span of others) {
    span.link(batch);
    span.event("sent");
  }
  return batch;
}

/** Runs the statement of a batch in its span: in no caller's context, so that none of them cancels it. */
export async function inBatch<T>(batch: TraceSpan, work: () => Promise<T>): Promise<T> {
  try {
    return await runInContext({ requestId: undefined, span: batch }, work);
  } finally {
    batch.end();
  }
}
