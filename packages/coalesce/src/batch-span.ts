import { type TraceSpan, runInContext } from "@sluice/telemetry";
import type { Caller } from "./caller.ts";

/** A batch may serve two thousand requests; their own spans name the batch in any case. */
const MAX_LINKS = 32;

/**
 * Runs the statement of a batch. If any of its callers is traced it has a span: in the trace of the first of them, with
 * links to the others, whose own waiting gets a link to it.
 */
export function inBatchSpan<V, T>(
  callers: readonly Caller<V>[],
  keys: number,
  work: () => Promise<T>,
): Promise<T> {
  const first = callers.find(({ span }) => span !== undefined)?.span;
  return first === undefined ? work() : traceBatch(first, callers, keys, work);
}

async function traceBatch<V, T>(
  first: TraceSpan,
  callers: readonly Caller<V>[],
  keys: number,
  work: () => Promise<T>,
): Promise<T> {
  const others = callers.flatMap(({ span }) =>
    span === undefined || span === first ? [] : [span],
  );
  const batch = first.child("coalesce.batch", {
    attributes: { "sluice.batch.keys": keys, "sluice.batch.callers": callers.length },
    links: others.slice(0, MAX_LINKS),
  });
  first.event("sent");
  for (const span of others) {
    span.event("sent");
    span.link(batch);
  }
  try {
    return await runInContext({ requestId: undefined, span: batch }, work);
  } finally {
    batch.end();
  }
}
