import { createLogger, createRegistry } from "@sluice/telemetry";
import { Gauge, Histogram } from "prom-client";
import { expect, test } from "vitest";
import { listenInternally } from "./index.ts";

test("a process without routes tells its health and metrics, and closes what it opened once, in reverse", async () => {
  const order: string[] = [];
  const { internalUrl, close } = await listenInternally({
    registry: createRegistry("demo"),
    ready: async () => {
      throw new Error("no Redis");
    },
    internalPort: 0,
    logger: createLogger({ service: "demo", level: "silent" }),
    onClose: [() => order.push("database"), () => order.push("worker")],
  });
  const ready = await fetch(`${internalUrl}/health/ready`);
  expect([ready.status, await ready.json()]).toEqual([
    503,
    { status: "unready", reasons: ["no Redis"] },
  ]);
  const metrics = await fetch(`${internalUrl}/metrics`);
  expect(await metrics.text()).toContain('process_cpu_seconds_total{service="demo"}');
  await Promise.all([close(), close()]);
  expect(order).toEqual(["worker", "database"]);
  await expect(fetch(internalUrl)).rejects.toThrow();
});

test("some metrics are told by name, histograms as sum and count", async () => {
  const registry = createRegistry("demo");
  const labelNames = ["route"];
  const seconds = new Histogram({ name: "seconds", help: "s", labelNames, registers: [registry] });
  seconds.observe({ route: "/a" }, 2);
  new Gauge({ name: "level", help: "l", registers: [registry] }).set(7);
  const { internalUrl, close } = await listenInternally({
    registry,
    ready: async () => undefined,
    internalPort: 0,
    logger: createLogger({ service: "demo", level: "silent" }),
  });
  const ask = async (query: string) => (await fetch(`${internalUrl}/metrics.json${query}`)).json();
  expect(await ask("?name=seconds&name=level&name=unknown")).toEqual({
    values: [
      { name: "seconds_sum", labels: { route: "/a" }, value: 2 },
      { name: "seconds_count", labels: { route: "/a" }, value: 1 },
      { name: "level", labels: {}, value: 7 },
    ],
  });
  expect(await ask("")).toEqual({ values: [] });
  await close();
});

test("the same by the line, each second, until nobody listens", async () => {
  const registry = createRegistry("demo");
  const level = new Gauge({ name: "level", help: "l", registers: [registry] });
  level.set(7);
  const { internalUrl, close } = await listenInternally({
    registry,
    ready: async () => undefined,
    internalPort: 0,
    logger: createLogger({ service: "demo", level: "silent" }),
  });
  const { body } = await fetch(`${internalUrl}/metrics.lines?name=level`);
  const lines: string[] = [];
  for await (const line of body!.pipeThrough(new TextDecoderStream())) {
    lines.push(line);
    if (lines.length === 2) level.set(8); // the second said that nothing has changed
    if (lines.length === 3) break;
  }
  const lineOf = (value: number): string =>
    `${JSON.stringify([{ name: "level", labels: {}, value }])}\n`;
  expect(lines).toEqual([lineOf(7), "\n", lineOf(8)]);
  await close();
});

test("a close whose resource fails is not clean, and closes the rest", async () => {
  const order: string[] = [];
  const { close } = await listenInternally({
    registry: createRegistry("demo"),
    ready: async () => undefined,
    internalPort: 0,
    logger: createLogger({ service: "demo", level: "silent" }),
    onClose: [
      () => order.push("database"),
      () => {
        throw new Error("stuck");
      },
    ],
  });
  await expect(close()).rejects.toThrow("resource 2");
  expect(order).toEqual(["database"]);
});
