import { randomBytes } from "node:crypto";
import { OtlpReceiver, type ReceivedSpan } from "@sluice/telemetry/otlp-receiver";
import { type ServiceInstance, startInstance } from "./service-instance.ts";
import { until } from "./until.ts";

/** A trace that a test's own request began, with what the collector got of it. */
export interface Trace {
  /** The names of its spans, each with those below it. */
  readonly tree: object;
  span(name: string): ReceivedSpan;
  /** Time that all spans of a name took, in nanoseconds. */
  took(...names: string[]): bigint;
}

/** A further instance of a service, which sends its traces to a collector of the test's own. */
export interface TracedInstance extends AsyncDisposable {
  readonly instance: ServiceInstance;
  readonly receiver: OtlpReceiver;
  /** Runs a request with these headers; resolves when its trace has come. */
  trace(request: (headers: Record<string, string>) => Promise<unknown>): Promise<Trace>;
}

export async function startTraced(
  main: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<TracedInstance> {
  const receiver = await OtlpReceiver.start();
  const instance = await startInstance(main, { ...receiver.env, ...env });
  return {
    instance,
    receiver,
    trace: async (request) => {
      const traceId = randomBytes(16).toString("hex");
      const caller = randomBytes(8).toString("hex");
      await request({ traceparent: `00-${traceId}-${caller}-01` });
      // The request's own span is the last to end.
      const isRoot = (span: ReceivedSpan) =>
        span.traceId === traceId && span.parentSpanId === caller;
      await until("the trace has come", () => receiver.spans.some(isRoot));
      return traceOf(receiver, traceId);
    },
    async [Symbol.asyncDispose]() {
      await instance[Symbol.asyncDispose]();
      await receiver[Symbol.asyncDispose]();
    },
  };
}

function traceOf(receiver: OtlpReceiver, traceId: string): Trace {
  const spans = receiver.spans.filter((span) => span.traceId === traceId);
  const named = (name: string) => spans.filter((span) => span.name === name);
  return {
    tree: receiver.tree(traceId),
    span: (name) => {
      const [span] = named(name);
      if (span === undefined) throw new Error(`The trace has no span ${name}`);
      return span;
    },
    took: (...names) =>
      names
        .flatMap(named)
        .reduce((total, { startedNs, endedNs }) => total + endedNs - startedNs, 0n),
  };
}
