import { expect, test } from "vitest";
import { parseDuration } from "./duration.ts";

test.each([
  ["0", 0],
  ["45", 45],
  ["90s", 90],
  ["15m", 900],
  ["24h", 86_400],
  ["7d", 604_800],
])("%s is %i seconds", (text, seconds) => {
  expect(parseDuration("grace", text)).toBe(seconds);
});

test.each(["", "s", "-1", "1.5h", "1w", "1 h", "1e3", "9999999999"])(
  "%j is no duration",
  (text) => {
    expect(() => parseDuration("grace", text)).toThrow("--grace must be a duration");
  },
);
