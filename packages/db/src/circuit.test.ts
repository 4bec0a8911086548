import { createLogger, createRegistry } from "@sluice/telemetry";
import { expect, onTestFinished, test, vi } from "vitest";
import { Circuit } from "./circuit.ts";
import { PoolMetrics } from "./metrics.ts";
import { ConnectionFailed } from "./pool-errors.ts";

test("a wall clock that steps back does not keep the circuit open", async () => {
  const circuit = new Circuit({
    pool: "feature",
    probe: () => Promise.resolve(),
    logger: createLogger({ service: "test", level: "silent" }),
    meter: new PoolMetrics(createRegistry("test")).forPool("feature"),
  });
  onTestFinished(() => circuit.stop());
  const clock = vi.spyOn(Date, "now");
  onTestFinished(() => clock.mockRestore());
  let hour = 3_600_000 * 500_000;
  clock.mockImplementation(() => (hour -= 3_600_000));
  const call = { operation: "test.call", idempotent: true, deadline: performance.now() + 2_000 };
  let failures = 0;
  const attempt = (): Promise<string> =>
    failures++ < 3
      ? Promise.reject(new ConnectionFailed("feature", new Error("refused")))
      : Promise.resolve("answered");
  expect(await circuit.run(call, attempt)).toBe("answered");
});
