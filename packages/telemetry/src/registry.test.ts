import { expect, test } from "vitest";
import { createRegistry } from "./index.ts";

test("every metric carries the service, and the process is measured", async () => {
  const text = await createRegistry("demo").metrics();
  expect(text).toMatch(/^process_cpu_seconds_total\{service="demo"\} /m);
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds\{service="demo"\} /m);
});
