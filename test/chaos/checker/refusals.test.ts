import { expect, test } from "vitest";
import { FAULTS } from "../faults/table.ts";
import type { Outcome } from "../load.ts";
import { isFailure, unallowed } from "./refusals.ts";

const outcome = (status: number, code?: string, retryAfter: string | null = null): Outcome => ({
  status,
  code,
  retryAfter,
  endedAt: 0,
  tookMs: 1,
});

const OK = outcome(200);
const REFUSED = outcome(503, "DATABASE_UNAVAILABLE", "1");
const BROKEN = outcome(0, "ECONNRESET");
const STALE = outcome(409, "STALE_ATTEMPT");

const faultNamed = (name: string) => FAULTS.find((fault) => fault.name === name)!;

test.each<[string, Outcome[], string[]]>([
  ["postgres-killed", [OK, REFUSED, STALE, outcome(504, "DEADLINE_EXCEEDED")], []],
  ["postgres-killed", [BROKEN], ["1 requests ended with 0 ECONNRESET"]],
  ["feature-api-killed", [BROKEN], []],
  ["postgres-killed", [outcome(500, "INTERNAL")], ["1 requests ended with 500 INTERNAL"]],
  ["postgres-killed", [outcome(503, "POOL_TIMEOUT")], ["1 requests ended with 503 POOL_TIMEOUT"]],
  [
    "redis-killed",
    [OK, REFUSED, REFUSED, STALE],
    ["2 requests ended with 503 DATABASE_UNAVAILABLE"],
  ],
])("%s %#", (name, outcomes, faults) => {
  expect(unallowed(faultNamed(name), outcomes)).toEqual(faults);
});

test("a conflict is an answer, and a failure is repeated", () => {
  expect([OK, STALE, REFUSED, BROKEN].map(isFailure)).toEqual([false, false, true, true]);
});
