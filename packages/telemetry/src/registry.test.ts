import { expect, test } from "vitest";
import { createRegistry } from "./index.ts";

const PAUSE_MS = 30;

test("every metric carries the service, and the process is measured", async () => {
  const text = await createRegistry("demo").metrics();
  expect(text).toMatch(/^process_cpu_seconds_total\{service="demo"\} /m);
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds\{service="demo"\} /m);
});

test("each turn of the event loop is measured, once", async () => {
  const registry = createRegistry("demo");
  await nextTurn();
  const until = performance.now() + PAUSE_MS;
  while (performance.now() < until);
  await nextTurn();
  const longest = async () =>
    (await registry.getSingleMetric("nodejs_eventloop_lag_max_seconds")!.get()).values[0]!.value;
  expect(await longest()).toBeGreaterThanOrEqual(PAUSE_MS / 1_000);
  await registry.metrics();
  expect(await longest()).toBe(0);
});

const nextTurn = (): Promise<void> =>
  new Promise((resolve) => setTimeout(() => setImmediate(resolve), 1));
