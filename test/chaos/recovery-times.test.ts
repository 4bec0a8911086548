import { expect, test } from "vitest";
import type { Outcome } from "./load.ts";
import { firstSuccess, rateOf, timeline, timeToRecover } from "./recovery-times.ts";

const at = (endedAt: number, status = 200): Outcome => ({
  status,
  code: undefined,
  retryAfter: null,
  endedAt,
  tookMs: 1,
});

/** Ten a second, refused from 1,000 to 1,500 ms, at half the rate until 2,500 ms. */
const OUTCOMES = Array.from({ length: 50 }, (_, index) => index * 100)
  .filter((ms) => ms < 1_500 || ms >= 2_500 || ms % 200 === 0)
  .map((ms) => at(ms, ms >= 1_000 && ms < 1_500 ? 503 : 200));

test("the rate is of successes", () => {
  expect(rateOf(OUTCOMES, 0, 1_000)).toBe(10);
  expect(rateOf(OUTCOMES, 500, 1_500)).toBe(5);
});

test("the first success counts from the end of the fault", () => {
  expect(firstSuccess(OUTCOMES, 1_050)).toBe(550);
  expect(firstSuccess(OUTCOMES, 6_000)).toBe(Number.POSITIVE_INFINITY);
});

test("recovered is the first whole second with nearly the rate before", () => {
  expect(timeToRecover(OUTCOMES, 10, 1_500, 5_000)).toBe(900);
  expect(timeToRecover(OUTCOMES, 10, 1_500, 3_000)).toBe(Number.POSITIVE_INFINITY);
});

test("the timeline has four points a second", () => {
  expect(timeline(OUTCOMES, 750, 1_500)).toEqual([
    [0, 8],
    [0.25, 0],
    [0.5, 0],
  ]);
});
