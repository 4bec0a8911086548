import { expect, test } from "vitest";
import { ratePerSecond, ratio } from "./rate.ts";

test.each([
  [30, 10, 2, 10],
  [10, 10, 2, 0],
  // It began anew, as after a restart.
  [5, 10, 2, null],
  [30, undefined, 2, null],
  [null, 10, 2, null],
  [30, 10, 0, null],
])("a counter at %s after %s, %s s later, grew by %s a second", (now, before, seconds, rate) => {
  expect(ratePerSecond(now, before, seconds)).toBe(rate);
});

test("a part of nothing is not known", () => {
  expect([ratio(1, 4), ratio(0, 4), ratio(1, 0), ratio(null, 4), ratio(1, null)]).toEqual([
    0.25,
    0,
    null,
    null,
    null,
  ]);
});
