import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AdmissionPace } from "./admission-pace.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance", "setTimeout"] }));
afterEach(() => void vi.useRealTimers());

test("ten milliseconds' worth goes at once, the rest at the rate and in order", () => {
  const pace = new AdmissionPace(2);
  const sent: number[] = [];
  for (let index = 0; index < 100; index += 1) pace.run(() => sent.push(index));
  expect(sent).toHaveLength(20);
  vi.advanceTimersByTime(10);
  expect(sent).toHaveLength(40);
  vi.advanceTimersByTime(1_000);
  expect(sent).toEqual(Array.from({ length: 100 }, (_, index) => index));
});

test("what was not used is not saved up for longer", () => {
  const pace = new AdmissionPace(2);
  vi.advanceTimersByTime(60_000);
  let sent = 0;
  for (let index = 0; index < 100; index += 1) pace.run(() => (sent += 1));
  expect(sent).toBe(20);
});
