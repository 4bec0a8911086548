import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { Value } from "typebox/value";
import { expect, onTestFinished, test, vi } from "vitest";
import { type LoggerOptions, createLogger, createRegistry, runInContext } from "../index.ts";
import { OtlpReceiver } from "../otlp-receiver.ts";
import { openTracing } from "./open-tracing.ts";
import type { Tracing } from "./span.ts";
import { TracingSettings } from "./tracing-settings.ts";

const PARENT = "0af7651916cd43dd8448eb211c80319c";
const REMOTE = "b7ad6b7169203331";
const sampled = { traceparent: `00-${PARENT}-${REMOTE}-01` };
const unsampled = { traceparent: `00-${PARENT}-${REMOTE}-00` };

interface Observed {
  readonly tracing: Tracing;
  readonly receiver: OtlpReceiver;
  readonly lines: Record<string, unknown>[];
  readonly logger: ReturnType<typeof createLogger>;
  count(name: string): Promise<number>;
}

async function open(env: Record<string, unknown> = {}): Promise<Observed> {
  const receiver = await OtlpReceiver.start();
  onTestFinished(() => receiver[Symbol.asyncDispose]());
  const lines: Record<string, unknown>[] = [];
  const destination: LoggerOptions["destination"] = {
    write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  };
  const logger = createLogger({ service: "test", level: "info", destination });
  const registry = createRegistry("test");
  const all = Value.Convert(TracingSettings, { ...receiver.env, ...env });
  const settings = Value.Parse(TracingSettings, Value.Default(TracingSettings, all));
  const tracing = await openTracing({ service: "a-service", settings, registry, logger });
  if (tracing === undefined) throw new Error("Nothing is traced");
  onTestFinished(() => tracing.close());
  const count = async (name: string): Promise<number> => {
    const { values } = await registry.getSingleMetric(name)!.get();
    return values.reduce((total, { value }) => total + value, 0);
  };
  return { tracing, receiver, lines, logger, count };
}

test("what has ended is with the collector when the tracing is closed", async () => {
  const { tracing, receiver, count } = await open({ OTEL_BSP_SCHEDULE_DELAY: 60_000 });
  const root = tracing.start("root", { kind: "server", attributes: { "some.thing": 3 } })!;
  const child = root.child("child", { kind: "client" });
  child.event("half-way");
  child.end({ error: "57014" });
  child.end();
  root.end();
  await Promise.all([tracing.close(), tracing.close()]);
  expect(receiver.tree(root.traceId)).toEqual({ root: { child: {} } });
  const [first, second] = receiver.spans;
  expect(first).toMatchObject({
    kind: 3,
    isError: true,
    events: ["half-way"],
    attributes: { "error.type": "57014" },
  });
  expect(second).toMatchObject({ kind: 2, isError: false, attributes: { "some.thing": 3 } });
  expect(second?.resource).toMatchObject({
    "service.name": "a-service",
    "service.namespace": "sluice",
    "service.instance.id": expect.any(String),
  });
  expect(await count("trace_spans_exported_total")).toBe(2);
});

test("a span lies within its parent to the nanosecond, whatever the wall clock's ticks", async () => {
  const { tracing, receiver } = await open();
  for (let round = 0; round < 200; round += 1) {
    const root = tracing.start("root", {})!;
    root.child("child").end();
    root.end();
  }
  await tracing.close();
  const roots = new Map(receiver.spans.map((span) => [span.spanId, span]));
  const children = receiver.spans.filter(({ name }) => name === "child");
  expect(children).toHaveLength(200);
  for (const { startedNs, endedNs, parentSpanId } of children) {
    const root = roots.get(parentSpanId!)!;
    expect(startedNs >= root.startedNs && endedNs <= root.endedNs).toBe(true);
  }
});

test("links name other spans, also such as are known later", async () => {
  const { tracing, receiver } = await open();
  const [one, two] = [tracing.start("one", {})!, tracing.start("two", {})!];
  const batch = one.child("batch", { links: [two] });
  two.link(batch);
  for (const span of [batch, one, two]) span.end();
  await tracing.close();
  const linksOf = (name: string) => receiver.spans.find((span) => span.name === name)?.links;
  expect(linksOf("batch")).toEqual([two.spanId]);
  expect(linksOf("two")).toEqual([batch.spanId]);
});

test("a caller's traceparent is continued, and decides by its flag", async () => {
  const { tracing, receiver } = await open({ OTEL_TRACES_SAMPLER: "parentbased_always_off" });
  expect(tracing.start("none", {})).toBeUndefined();
  expect(tracing.start("none", {}, unsampled)).toBeUndefined();
  tracing.start("some", {}, sampled)?.end();
  await tracing.close();
  expect(receiver.spans).toMatchObject([{ traceId: PARENT, parentSpanId: REMOTE }]);
});

test.each(["", "00-zz", `00-${"0".repeat(32)}-${REMOTE}-01`, `ff-${PARENT}-${REMOTE}-01`])(
  "traceparent %j begins a new trace",
  async (traceparent) => {
    const { tracing } = await open();
    const span = tracing.start("root", {}, { traceparent });
    expect(span?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(span?.traceId).not.toBe(PARENT);
  },
);

test.each([
  ["always_on", 1, [true, true, true]],
  ["always_off", 1, [false, false, false]],
  ["traceidratio", 0, [false, false, false]],
  ["traceidratio", 1, [true, true, true]],
  ["parentbased_always_on", 1, [true, true, false]],
  ["parentbased_always_off", 1, [false, true, false]],
  ["parentbased_traceidratio", 0, [false, true, false]],
])("%s of %d takes new, sampled and unsampled traces: %j", async (sampler, ratio, taken) => {
  const env = { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: ratio };
  const { tracing } = await open(env);
  const spans = [undefined, sampled, unsampled].map((headers) => tracing.start("x", {}, headers));
  expect(spans.map((span) => span !== undefined)).toEqual(taken);
});

test("the environment names service and resource", async () => {
  vi.stubEnv("OTEL_SERVICE_NAME", "another");
  vi.stubEnv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=staging");
  onTestFinished(() => void vi.unstubAllEnvs());
  const { tracing, receiver } = await open();
  tracing.start("root", {})?.end();
  await tracing.close();
  expect(receiver.spans[0]?.resource).toMatchObject({
    "service.name": "another",
    "deployment.environment.name": "staging",
  });
});

test("a collector that refuses is logged once, and each span counted", async () => {
  const { tracing, receiver, lines, count } = await open({ OTEL_BSP_MAX_EXPORT_BATCH_SIZE: 1 });
  receiver.status = 400;
  for (let index = 0; index < 3; index += 1) tracing.start("lost", {})?.end();
  await vi.waitFor(async () => expect(await count("trace_spans_dropped_total")).toBe(3));
  expect(await count("trace_spans_exported_total")).toBe(0);
  expect(lines.filter(({ level }) => level === "warn")).toHaveLength(1);
});

test("spans beyond the queue are counted, and those in it kept", async () => {
  const env = { OTEL_BSP_MAX_QUEUE_SIZE: 10, OTEL_BSP_SCHEDULE_DELAY: 60_000 };
  const { tracing, receiver, count } = await open(env);
  for (let index = 0; index < 25; index += 1) tracing.start("much", {})?.end();
  await tracing.close();
  const [taken, dropped] = [receiver.spans.length, await count("trace_spans_dropped_total")];
  expect([taken, dropped]).toEqual([10, 15]);
});

test("closing does not wait for a collector that never answers", async () => {
  const { tracing } = await open({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: await silence() });
  tracing.start("lost", {})?.end();
  await expect(tracing.close()).resolves.toBeUndefined();
});

test("lines of a traced request name trace and span", async () => {
  const { tracing, logger, lines } = await open();
  const span = tracing.start("root", {})!;
  runInContext({ requestId: "r1", span }, () => logger.info("inside"));
  runInContext({ requestId: "r2" }, () => logger.info("untraced"));
  const [inside, untraced] = lines.slice(-2);
  const { traceId: trace_id, spanId: span_id } = span;
  expect(inside).toMatchObject({ request_id: "r1", trace_id, span_id });
  expect(untraced).not.toHaveProperty("trace_id");
});

/** Where connections are taken and nothing is answered. */
async function silence(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
