import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Slot } from "@sluice/db";
import { SluiceError } from "@sluice/errors";
import { readStack } from "@sluice/testing";
import { expect, test } from "vitest";
import { FaultProxy } from "../chaos/proxy/fault-proxy.ts";
import { openGate } from "./open-gate.ts";
import { until } from "./until.ts";

const call = { operation: "test.call" };

test("callers get slots in the order in which they came", async () => {
  await using observed = openGate({ base: 1 });
  const { gate } = observed;
  const first = await gate.acquire(call);
  const order: number[] = [];
  const waiting = [1, 2, 3, 4].map(async (number) => {
    const lease = await gate.acquire(call);
    order.push(number);
    lease.release();
  });
  expect(gate.status()).toMatchObject({ active: 1, idle: 0, waiting: 4 });
  first.release();
  await Promise.all(waiting);
  expect(order).toEqual([1, 2, 3, 4]);
});

test("a caller is refused when its time is over, and not before, at ten times the slots", async () => {
  await using observed = openGate({ acquireTimeoutMs: 300 });
  const { gate } = observed;
  const held = [await gate.acquire(call), await gate.acquire(call)];
  const start = performance.now();
  const refusals = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const error: unknown = await gate.acquire(call).catch((thrown: unknown) => thrown);
      return { error, after: performance.now() - start };
    }),
  );
  for (const { error, after } of refusals) {
    expect(error).toMatchObject({ code: "POOL_TIMEOUT", status: 503 });
    expect(after).toBeGreaterThan(295); // timers may fire a fraction early, never a whole interval
  }
  expect(await observed.metric("db_client_connection_timeouts_total")).toBe(20);
  const reports = observed.log.filter(({ msg }) => msg === "no slot became free in time");
  expect(reports.length).toBeLessThan(3); // once a tick, and not twenty times
  expect(reports[0]).toMatchObject({
    holders: [{ operation: "test.call" }, { operation: "test.call" }],
  });
  for (const lease of held) lease.release();
  expect(gate.status()).toMatchObject({ active: 0, waiting: 0 });
});

test("a gate that is made smaller lets go of slots as they come back, and one made larger opens more", async () => {
  await using observed = openGate({ base: 3 });
  const { gate } = observed;
  const held = await Promise.all([1, 2, 3].map(() => gate.acquire(call)));
  gate.adjust({ base: 1, overflow: 0, acquireTimeoutMs: 20 });
  expect(gate.limits).toMatchObject({ base: 1, overflow: 0, acquireTimeoutMs: 20 });
  await expect(gate.acquire(call)).rejects.toMatchObject({ code: "POOL_TIMEOUT" });
  for (const lease of held) lease.release();
  await until("one slot is left", () => gate.status().open === 1);
  gate.adjust({ overflow: 2, acquireTimeoutMs: 30_000 });
  const more = await Promise.all([1, 2, 3].map(() => gate.acquire(call)));
  expect(gate.status()).toMatchObject({ size: 3, open: 3, active: 3 });
  for (const lease of more) lease.release();
});

test("slots that are idle when a gate is made smaller close at once", async () => {
  await using observed = openGate({ base: 4 });
  const { gate } = observed;
  await until("four are open", () => gate.status().idle === 4);
  gate.adjust({ base: 1, overflow: 0 });
  await until("one is open", () => gate.status().open === 1);
  expect(gate.status()).toMatchObject({ size: 1, idle: 1, active: 0 });
});

test("the request's own deadline is kept when it is earlier, and named", async () => {
  await using observed = openGate({ base: 1 });
  const lease = await observed.gate.acquire(call);
  const waiting = observed.gate.acquire({ ...call, deadline: performance.now() + 50 });
  await expect(waiting).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  lease.release();
  const late = observed.gate.acquire({ ...call, deadline: performance.now() - 50 });
  await expect(late).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
});

test("one caller more than may wait is refused at once", async () => {
  await using observed = openGate({ base: 1, maxWaiters: 2 });
  const { gate } = observed;
  const lease = await gate.acquire(call);
  const waiting = [gate.acquire(call), gate.acquire(call)];
  await expect(gate.acquire(call)).rejects.toMatchObject({ code: "POOL_SATURATED", status: 503 });
  expect(await observed.metric("db_client_connection_refused_total")).toBe(1);
  lease.release();
  for (const next of waiting) (await next).release();
});

test("overflow slots open under load and close when they idle", async () => {
  await using observed = openGate({ base: 1, overflow: 2, overflowIdleMs: 50 });
  const { gate } = observed;
  const leases = await Promise.all([gate.acquire(call), gate.acquire(call), gate.acquire(call)]);
  expect(gate.status()).toMatchObject({ open: 3, active: 3 });
  for (const lease of leases) lease.release();
  await until("only the base slot is left", () => gate.status().open === 1);
});

test("a connection is replaced when its lifetime is over", async () => {
  await using observed = openGate({ base: 1, maxLifetimeMs: 50 });
  await until("the second connection", () => observed.opened() > 1);
  const lease = await observed.gate.acquire(call);
  expect((await lease.query("select 1 as one", [])).rows).toEqual([{ one: 1 }]);
  lease.release();
});

test("a lease held over its threshold is reported once, with stack, operation, statement and request", async () => {
  await using observed = openGate({ leakThresholdMs: 100 });
  const planted = await observed.gate.acquire({ operation: "test.leak", requestId: "request-1" });
  await planted.query("select 42", []);
  const reports = (): unknown[] =>
    observed.log.filter(({ msg }) => msg === "a lease is held over its threshold");
  await until("the leak is reported", () => reports().length > 0, 1_100);
  expect(reports()[0]).toMatchObject({
    operation: "test.leak",
    request_id: "request-1",
    statement: "select 42",
  });
  expect((reports()[0] as { lease_stack: string }).lease_stack).toContain("gate.test.ts");
  expect(await observed.metric("db_connection_leaked_total")).toBe(1);
  planted.release();
});

test("a lease that its holder forgot is reclaimed", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  await using observed = openGate({ base: 1 });
  await (async () => void (await observed.gate.acquire({ operation: "test.forgotten" })))();
  await until("the lease is collected", () => {
    collectGarbage();
    return observed.log.some(({ operation }) => operation === "test.forgotten");
  });
  expect(await observed.metric("db_connection_leaked_total")).toBe(1);
  const next = await observed.gate.acquire(call);
  expect((await next.query("select 1 as one", [])).rows).toEqual([{ one: 1 }]);
  next.release();
});

test("releasing twice disturbs nobody", async () => {
  await using observed = openGate({ base: 1 });
  const { gate } = observed;
  const first = await gate.acquire(call);
  first.release();
  const second = await gate.acquire(call);
  first.release();
  expect(gate.status()).toMatchObject({ active: 1, idle: 0 });
  await expect(first.query("select 1", [])).rejects.toThrow("was released");
  second.release();
});

test("a caller that leaves while waiting frees its place", async () => {
  await using observed = openGate({ base: 1 });
  const { gate } = observed;
  const lease = await gate.acquire(call);
  const caller = new AbortController();
  const waiting = gate.acquire({ ...call, signal: caller.signal });
  caller.abort();
  await expect(waiting).rejects.toMatchObject({ code: "CLIENT_CLOSED_REQUEST" });
  expect(gate.status().waiting).toBe(0);
  lease.release();
});

test("a server that accepts and never answers is not taken for a full pool", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const slot = {
    url: `postgres://nobody@127.0.0.1:${port}/nothing`,
    applicationName: "sluice-test",
    prepare: false,
    connectTimeoutMs: 500,
  };
  await using observed = openGate({ overflow: 2, openSlot: (died) => Slot.open(slot, died) });
  const callers: Promise<unknown>[] = [];
  for (let index = 0; index < 12; index++) {
    callers.push(observed.gate.acquire(call).catch((error: unknown) => error));
    await new Promise((resolve) => setTimeout(resolve, 120)); // so that the attempts never end together
  }
  const start = performance.now();
  for (const error of await Promise.all(callers))
    expect(error).toMatchObject({ code: "CONNECT_FAILED" });
  expect(performance.now() - start).toBeLessThan(1_500);
  server.close();
});

test("stopping refuses who waits, lets a lease end, and may be asked for twice", async () => {
  const { gate } = openGate({ base: 1 });
  const lease = await gate.acquire(call);
  const waiting = gate.acquire(call);
  const stopped = Promise.all([gate.stop(5_000), gate.stop(5_000)]);
  await expect(waiting).rejects.toMatchObject({ code: "SHUTTING_DOWN" });
  await expect(gate.acquire(call)).rejects.toBeInstanceOf(SluiceError);
  expect((await lease.query("select 1 as one", [])).rows).toEqual([{ one: 1 }]);
  lease.release();
  await stopped;
  expect(gate.status()).toMatchObject({ open: 0, active: 0 });
});

test("connections that are reset between two statements: each statement that comes then ends, too", async () => {
  await using proxy = await FaultProxy.start(readStack().pgbouncer.urls["feature"]!);
  const slot = { url: proxy.url, applicationName: "sluice-test", connectTimeoutMs: 5_000 };
  await using observed = openGate({
    base: 4,
    openSlot: (onDeath) => Slot.open({ ...slot, prepare: false }, onDeath),
  });
  let running = true;
  let answered = 0;
  const caller = async (): Promise<void> => {
    while (running) {
      const lease = await observed.gate.acquire(call).catch(() => undefined); // no connection, as it is meant to be
      await lease?.query("select 1", []).then(
        () => (answered += 1),
        () => undefined,
      );
      lease?.release();
    }
  };
  const callers = Promise.all(Array.from({ length: 16 }, caller));
  for (let round = 0; round < 20; round += 1) {
    const before = answered;
    await until("statements are answered", () => answered > before + 50);
    proxy.set({ kind: "reset" });
    proxy.set({ kind: "pass" });
  }
  running = false;
  await callers;
  expect(observed.gate.status()).toMatchObject({ active: 0, waiting: 0 });
});
