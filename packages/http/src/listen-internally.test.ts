import { createLogger, createRegistry } from "@sluice/telemetry";
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
