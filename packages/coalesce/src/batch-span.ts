import { type TraceSpan, runInContext } from "@sluice/telemetry";
import type { Caller } from "./caller.ts";

/** A batch may serve two thousand requests; the spans of their waiting name the batch in any case. */
const MAX_LINKS = 32;

/** A batch that serves traced requests. */
export interface TracedBatch {
  readonly span: TraceSpan;
  /** From each request's first call to its answer: a request may wait for many keys of a batch. */
  readonly waits: readonly TraceSpan[];
}

/**
 * The spans of a batch that is about to be sent: its own one, in the trace of its first traced request, with links to
 * the others, whose waiting gets a link to it. Undefined when no request is traced.
 */
export function startBatch<V>(
  callers: readonly Caller<V>[],
  keys: number,
): TracedBatch | undefined {
  const waits = startWaits(callers);
  if (waits === undefined) return undefined;
  const [first, ...others] = waits as [TraceSpan, ...TraceSpan[]];
  const span = first.child("coalesce.batch", {
    attributes: { "sluice.batch.keys": keys, "sluice.batch.callers": callers.length },
    links: others.slice(0, MAX_LINKS),
  });
  for (const wait of waits) wait.event("sent");
  for (const other of others) other.link(span);
  return { span, waits };
}

function startWaits<V>(callers: readonly Caller<V>[]): TraceSpan[] | undefined {
  let waits: Map<TraceSpan, TraceSpan> | undefined;
  for (const { span, since: startedAt } of callers) {
    if (span === undefined || waits?.has(span)) continue;
    waits ??= new Map();
    waits.set(span, span.child("coalesce.wait", { startedAt }));
  }
  return waits && [...waits.values()];
}

/** Runs the statement of a batch in its span: in no request's context, so that none of them cancels it. */
export async function inBatch<T>({ span, waits }: TracedBatch, work: () => Promise<T>): Promise<T> {
  let error: string | undefined;
  try {
    return await runInContext({ requestId: undefined, span }, work);
  } catch (thrown) {
    error = codeOf(thrown);
    throw thrown;
  } finally {
    for (const each of [span, ...waits]) each.end({ error });
  }
}

function codeOf(error: unknown): string {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === "string" ? code : "ERROR";
}
