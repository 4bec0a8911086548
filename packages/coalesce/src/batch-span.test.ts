import { type Tracing, currentContext } from "@sluice/telemetry";
import { OtlpReceiver } from "@sluice/telemetry/otlp-receiver";
import { expect, onTestFinished, test } from "vitest";
import { ReadCoalescer } from "./read-coalescer.ts";
import { WriteCoalescer } from "./write-coalescer.ts";

async function openTraced(): Promise<{ tracing: Tracing; receiver: OtlpReceiver }> {
  const receiver = await OtlpReceiver.start();
  onTestFinished(() => receiver[Symbol.asyncDispose]());
  return { tracing: await receiver.openTracing(), receiver };
}

function reader(read: (keys: readonly string[]) => Promise<string[]>) {
  const rest = { maxBatch: 500, isShared: () => true };
  return new ReadCoalescer<string, string>({ id: (key) => key, read, ...rest });
}

test("a batch is in the trace of its first traced caller, and linked with the others", async () => {
  const { tracing, receiver } = await openTraced();
  const requests = ["a", "b", "c"].map((name) => tracing.start(name, {})!);
  const coalescer = reader(async (keys) => {
    currentContext()?.span?.child("statement").end();
    return [...keys];
  });
  await Promise.all([
    coalescer.load("untraced"),
    ...requests.map((span, index) => coalescer.load(`key-${index % 2}`, { span })),
  ]);
  for (const span of requests) span.end();
  await tracing.close();
  const traceIds = requests.map(({ traceId }) => traceId);
  expect(traceIds.map((traceId) => receiver.tree(traceId))).toEqual([
    { a: { "coalesce.wait": { "coalesce.batch": { statement: {} } } } },
    { b: { "coalesce.wait": {} } },
    { c: { "coalesce.wait": {} } },
  ]);
  const named = (name: string) => receiver.spans.filter((span) => span.name === name);
  const [batch] = named("coalesce.batch");
  const waits = named("coalesce.wait").filter(({ traceId }) => traceId !== traceIds[0]);
  expect(batch?.links.toSorted()).toEqual(waits.map(({ spanId }) => spanId).toSorted());
  for (const wait of waits)
    expect(wait).toMatchObject({ links: [batch?.spanId], events: ["sent"] });
  expect(batch?.attributes).toMatchObject({ "sluice.batch.keys": 3, "sluice.batch.callers": 4 });
});

test("a batch of very many has 32 links, and each of its callers one", async () => {
  const { tracing, receiver } = await openTraced();
  const requests = Array.from({ length: 100 }, (_, index) => tracing.start(`r${index}`, {})!);
  const coalescer = reader(async (keys) => [...keys]);
  await Promise.all(requests.map((span, index) => coalescer.load(`key-${index}`, { span })));
  await tracing.close();
  const batch = receiver.spans.find(({ name }) => name === "coalesce.batch");
  const waits = receiver.spans.filter(({ name }) => name === "coalesce.wait");
  expect(batch?.links).toHaveLength(32);
  expect(waits.filter(({ links }) => links[0] === batch?.spanId)).toHaveLength(99);
});

test("a request that waits for many keys of a batch has one span for it", async () => {
  const { tracing, receiver } = await openTraced();
  const span = tracing.start("request", {})!;
  const coalescer = reader(async (keys) => [...keys]);
  await Promise.all(["a", "b", "c"].map((key) => coalescer.load(key, { span })));
  span.end();
  await tracing.close();
  expect(receiver.spans.map(({ name }) => name).toSorted()).toEqual([
    "coalesce.batch",
    "coalesce.wait",
    "request",
  ]);
});

test("the waiting of a write ends with its outcome", async () => {
  const { tracing, receiver } = await openTraced();
  const span = tracing.start("request", {})!;
  const failure = Object.assign(new Error("no"), { code: "POOL_TIMEOUT" });
  const coalescer = new WriteCoalescer<string, number, number>({
    id: (key) => key,
    write: () => Promise.reject(failure),
    maxBatch: 10,
    isShared: () => true,
  });
  await expect(coalescer.submit("a", 1, { span })).rejects.toBe(failure);
  span.end();
  await tracing.close();
  const wait = receiver.spans.find(({ name }) => name === "coalesce.wait");
  expect(wait).toMatchObject({ isError: true, attributes: { "error.type": "POOL_TIMEOUT" } });
});

test("untraced callers have a batch in no context", async () => {
  const contexts: unknown[] = [];
  const coalescer = reader(async (keys) => {
    contexts.push(currentContext());
    return [...keys];
  });
  await Promise.all([coalescer.load("a"), coalescer.load("b")]);
  expect(contexts).toEqual([undefined]);
});
