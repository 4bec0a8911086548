import { expect, test } from "vitest";
import { Backoff } from "./backoff.ts";

test("a part that never serves is restarted at once, then later and later, up to a limit", () => {
  const backoff = new Backoff();
  const delays = Array.from({ length: 9 }, () => backoff.nextDelayMs(0));
  expect(delays).toEqual([0, 250, 500, 1_000, 2_000, 5_000, 10_000, 10_000, 10_000]);
});

test("a part that is killed again and again while it serves never waits long", () => {
  const backoff = new Backoff();
  const delays = Array.from({ length: 20 }, () => backoff.nextDelayMs(100));
  expect(Math.max(...delays)).toBe(250);
});

test("a part that served for a while is restarted at once again", () => {
  const backoff = new Backoff();
  backoff.nextDelayMs(0);
  backoff.nextDelayMs(0);
  expect(backoff.nextDelayMs(1_000)).toBe(0);
});
