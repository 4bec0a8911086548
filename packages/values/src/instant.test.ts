import fc from "fast-check";
import { expect, test } from "vitest";
import { parseInstant, toEpochSeconds } from "./instant.ts";

test.each<[unknown, string]>([
  ["2026-01-02T03:04:05.000001Z", "2026-01-02T03:04:05.000001Z"],
  ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000Z"],
  ["2026-01-02T03:04:05.1234567+02:00", "2026-01-02T01:04:05.123456Z"],
  ["2026-01-01T00:30:00-0530", "2026-01-01T06:00:00.000000Z"],
  ["2026-01-02 03:04:05", "2026-01-02T03:04:05.000000Z"],
  ["2026-01-02 03:04:05+00", "2026-01-02T03:04:05.000000Z"],
  ["2026-01-02", "2026-01-02T00:00:00.000000Z"],
  [1767323045, "2026-01-02T03:04:05.000000Z"],
  [1767323045n, "2026-01-02T03:04:05.000000Z"],
  [1767323045.25, "2026-01-02T03:04:05.250000Z"],
  [-0.5, "1969-12-31T23:59:59.500000Z"],
])("%o is read as %s", (value, instant) => {
  expect(parseInstant(value)).toBe(instant);
});

test.each([
  "2026-02-30T00:00:00Z",
  "2026-13-01",
  "2026-01-02T25:00:00Z",
  "2026-01-02T03:04:05+01:75",
  "2026-01-02T03:04:05+24:00",
  "0000-01-01",
  "0001-01-01T00:00:00+01:00",
  "",
  "1767323045",
  1767323045000000,
  NaN,
  true,
  {},
])("%o is refused", (value) => {
  expect(() => parseInstant(value)).toThrow();
});

test("every microsecond of four-digit years keeps its order as text, and its seconds", () => {
  const seconds = fc.integer({ min: -62_135_596_800, max: 253_402_300_799 });
  fc.assert(
    fc.property(seconds, seconds, (a, b) => {
      expect(toEpochSeconds(parseInstant(a))).toBe(a);
      expect(parseInstant(a) < parseInstant(b)).toBe(a < b);
      expect(parseInstant(parseInstant(a))).toBe(parseInstant(a));
    }),
  );
});

test("texts in UTC are read as Date reads them, where it does not roll over", () => {
  const two = fc.integer({ min: 0, max: 99 }).map((n) => String(n).padStart(2, "0"));
  const day = fc.tuple(fc.integer({ min: 0, max: 9_999 }), two, two);
  fc.assert(
    fc.property(day, two, two, two, ([year, month, date], hour, minute, second) => {
      const dayText = `${String(year).padStart(4, "0")}-${month}-${date}`;
      const text = `${dayText}T${hour}:${minute}:${second}`;
      const ms = Date.parse(`${text}Z`);
      const isDay = !Number.isNaN(ms) && year > 0 && !Number.isNaN(Date.parse(dayText));
      const rolls = isDay && !new Date(dayText).toISOString().startsWith(dayText);
      if (isDay && !rolls && ms <= Date.parse("9999-12-31T23:59:59Z"))
        expect(parseInstant(text)).toBe(new Date(ms).toISOString().replace("Z", "000Z"));
      else expect(() => parseInstant(text)).toThrow();
    }),
    { numRuns: 2_000 },
  );
});
