import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type HandledTask, type Handlers, TaskQueue, TaskWorker } from "@sluice/queue";
import { type Tracing, createLogger } from "@sluice/telemetry";
import { OtlpReceiver } from "@sluice/telemetry/otlp-receiver";
import { readStack } from "@sluice/testing";
import { expect, onTestFinished, test } from "vitest";
import { FaultProxy } from "../chaos/proxy/fault-proxy.ts";
import { until } from "./until.ts";

type Kinds = Readonly<Record<"quick" | "slow", { readonly n: number }>>;
type Handle = (task: HandledTask<{ readonly n: number }>) => Promise<void>;

const TRIES = 3;

/** A queue of the test's own, with whatever workers it opens. */
function openQueue(redisUrl = readStack().redis.url, tracing?: Tracing) {
  const lines: { level: string; msg: string }[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const logger = createLogger({ service: "test", level: "info", destination });
  const common = { name: `test-${randomUUID()}`, redisUrl, logger };
  const queue = new TaskQueue<Kinds>({
    ...common,
    kinds: ["quick", "slow"],
    tries: TRIES,
    backoffMs: 10,
  });
  onTestFinished(() => queue.close());
  const openWorker = (handles: Partial<Record<keyof Kinds, Handle>>, giveUp = async () => {}) => {
    const handlerOf = (kind: keyof Kinds) => ({
      concurrency: 1,
      handle: handles[kind] ?? (async () => {}),
      giveUp,
    });
    const handlers: Handlers<Kinds> = { quick: handlerOf("quick"), slow: handlerOf("slow") };
    const worker = new TaskWorker<Kinds>({ ...common, handlers, tracing });
    onTestFinished(() => worker.stop());
    return worker;
  };
  const add = (kind: keyof Kinds, id: string, delayMs = 0) =>
    queue.add([{ kind, id, data: { n: id.length }, delayMs }]);
  return { queue, add, openWorker, lines };
}

test("a task that is added again while it is in the queue is done once, and anew when it was done", async () => {
  const { add, openWorker } = openQueue();
  await Promise.all([add("quick", "a"), add("quick", "a"), add("quick", "b")]);
  await add("quick", "a", 60_000);
  const done: string[] = [];
  openWorker({ quick: async ({ id, data }) => void done.push(`${id} ${data.n}`) });
  await until("both", () => done.length === 2);
  await until("a again", async () => {
    await add("quick", "a");
    return done.length > 2;
  });
  expect(done.toSorted().slice(0, 2)).toEqual(["a 1", "a 1"]);
  expect(done.filter((each) => each.startsWith("b"))).toEqual(["b 1"]);
});

test("each try of a task is a trace of its own", async () => {
  await using receiver = await OtlpReceiver.start();
  const tracing = await receiver.openTracing();
  const { add, openWorker } = openQueue(undefined, tracing);
  let tries = 0;
  openWorker({
    quick: async ({ span }) => {
      tries += 1;
      span?.child("work").end();
      if (tries === 1) throw new Error("not yet");
    },
  });
  await add("quick", "a");
  await until("both tries", () => receiver.spans.length === 4);
  await tracing.close();
  const processed = receiver.spans.filter(({ name }) => name.startsWith("process "));
  expect(processed).toMatchObject([
    {
      kind: 5,
      isError: true,
      attributes: { "messaging.system": "bullmq", "sluice.task.tries": 1 },
    },
    { kind: 5, isError: false, attributes: { "sluice.task.tries": 2 } },
  ]);
  for (const { traceId, name } of processed)
    expect(receiver.tree(traceId)).toEqual({ [name]: { work: {} } });
});

test("a task that fails is tried again, and given up after the last try", async () => {
  const { add, openWorker } = openQueue();
  let calls = 0;
  const givenUp: unknown[] = [];
  openWorker(
    {
      quick: async () => {
        throw new Error(`no ${(calls += 1)}`);
      },
    },
    async (...args: unknown[]) => void givenUp.push(args[1]),
  );
  await add("quick", "a");
  await until("it is given up", () => givenUp.length > 0);
  expect(givenUp).toEqual([new Error("no 3")]);
  expect(calls).toBe(TRIES);
  await until("it can be added anew", async () => {
    await add("quick", "a");
    return calls > TRIES;
  });
});

test("a kind whose workers are busy holds up none of another", async () => {
  const { add, openWorker } = openQueue();
  const release = Promise.withResolvers<void>();
  const done: string[] = [];
  openWorker({ slow: () => release.promise, quick: async ({ id }) => void done.push(id) });
  await Promise.all([add("slow", "a"), add("slow", "b"), add("quick", "c")]);
  await until("the quick one", () => done.length > 0);
  expect(done).toEqual(["c"]);
  release.resolve();
});

test("while Redis is away adding fails, and all goes on when it is back; each outage is logged once", async () => {
  const proxy = await FaultProxy.start(readStack().redis.url);
  onTestFinished(() => proxy.close());
  const { add, openWorker, lines } = openQueue(proxy.url);
  const done: string[] = [];
  const worker = openWorker({ quick: async ({ id }) => void done.push(id) });
  await add("quick", "before");
  await until("the first", () => done.length === 1);
  proxy.set({ kind: "reset" });
  for (let n = 0; n < 5; n += 1) await expect(add("quick", `away ${n}`)).rejects.toThrow();
  await until("the worker knows", () => !worker.isConnected);
  proxy.set({ kind: "pass" });
  await until("it is back", async () => {
    await add("quick", "after").catch(() => undefined);
    return done.includes("after");
  });
  // The break may also have come before the first task's end was heard of, which is told by other lines.
  const outages = () => lines.filter(({ msg }) => msg.includes("cannot be reached"));
  await until("it says so", () => outages().filter(({ level }) => level === "info").length === 2);
  expect(
    outages()
      .map(({ level, msg }) => `${level} ${msg}`)
      .toSorted(),
  ).toEqual([
    "info over: Redis cannot be reached: no task gets into its queue",
    "info over: Redis cannot be reached: no task is done",
    "warn Redis cannot be reached: no task gets into its queue",
    "warn Redis cannot be reached: no task is done",
  ]);
});

test("a worker that stops tells its task, which another one then does", async () => {
  const { add, openWorker } = openQueue();
  const started = Promise.withResolvers<AbortSignal>();
  const first = openWorker({
    quick: async ({ signal }) => {
      started.resolve(signal);
      await once(signal, "abort");
      signal.throwIfAborted();
    },
  });
  await add("quick", "a");
  const signal = await started.promise;
  await Promise.all([first.stop(), first.stop()]);
  expect(signal.aborted).toBe(true);
  const done: string[] = [];
  openWorker({ quick: async ({ id }) => void done.push(id) });
  await until("the other one", () => done.length === 1);
});

test("a queue and a worker can be stopped while Redis is away, and when it never was there", async () => {
  const proxy = await FaultProxy.start(readStack().redis.url);
  const lost = openQueue(proxy.url);
  const done: string[] = [];
  const worker = lost.openWorker({ quick: async ({ id }) => void done.push(id) });
  await lost.add("quick", "a");
  await until("it works", () => done.length === 1);
  proxy.set({ kind: "reset" });
  await until("it is lost", () => !worker.isConnected);
  const never = openQueue("redis://127.0.0.1:1");
  const idle = never.openWorker({});
  await expect(never.add("quick", "a")).rejects.toThrow();
  await expect(never.queue.rememberedSince()).rejects.toThrow();
  await Promise.all([worker.stop(), lost.queue.close(), idle.stop(), never.queue.close()]);
  // Whatever still tried to come back would be heard now.
  const { lines } = lost;
  proxy.set({ kind: "pass" });
  await proxy.close();
  expect(lines.filter(({ level }) => level === "info")).toEqual([]);
});
