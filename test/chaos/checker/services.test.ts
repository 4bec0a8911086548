import { expect, test } from "vitest";
import { connectionBudget } from "../connection-watch.ts";
import { FAULTS, SERVICES, type ServiceName } from "../faults/table.ts";
import { leaked, overBudget, restarted, type Standing, stuck } from "./services.ts";

const stand = (
  changed: Partial<Record<ServiceName, number>> = {},
  others = 0,
  ops = 0,
): Standing => ({
  pids: new Map(SERVICES.map((service, index) => [service, changed[service] ?? index + 1])),
  leaked: { ops, others },
});

const faultNamed = (name: string) => FAULTS.find((fault) => fault.name === name)!;

test("a service has a new process only when it was killed", () => {
  const after = stand({ "feature-api": 10, "data-loader": 11 });
  expect(restarted(faultNamed("feature-api-killed"), stand(), after)).toEqual([
    "data-loader ended by itself",
  ]);
  expect(restarted(faultNamed("redis-killed"), stand(), stand())).toEqual([]);
});

test("leases that were reported are leaked unless the fault lasted as long", () => {
  expect(leaked(5_000, stand(), stand({}, 2))).toEqual(["2 leases leaked by others"]);
  expect(leaked(10_500, stand(), stand({}, 2))).toEqual([]);
  expect(leaked(5_000, stand({}, 2), stand({}, 2))).toEqual([]);
  expect(leaked(4_900, stand(), stand({}, 0, 1))).toEqual(["1 leases leaked by ops"]);
  expect(leaked(5_100, stand(), stand({}, 0, 1))).toEqual([]);
});

test("a request is stuck long after its deadline", () => {
  expect(stuck([1, 30_500])).toEqual([]);
  expect(stuck([1, 32_000, 40_000])).toEqual(["2 requests stuck"]);
});

test("one sample over the budget is one too many", () => {
  const budget = connectionBudget();
  expect(overBudget([1, budget])).toEqual([]);
  expect(overBudget([budget + 1])).toEqual([`1 samples of more than ${budget} server connections`]);
});
