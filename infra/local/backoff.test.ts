import { expect, test } from "vitest";
import { Backoff } from "./backoff.ts";

test("the first restart is immediate, later ones wait longer and longer, up to a limit", () => {
  const backoff = new Backoff();
  const delays = Array.from({ length: 9 }, () => backoff.nextDelayMs(100));
  expect(delays).toEqual([0, 250, 500, 1_000, 2_000, 5_000, 10_000, 10_000, 10_000]);
});

test("a part that ran well for a while is restarted at once again", () => {
  const backoff = new Backoff();
  backoff.nextDelayMs(0);
  backoff.nextDelayMs(0);
  expect(backoff.nextDelayMs(10_000)).toBe(0);
});
