import { expect, test } from "vitest";
import { createdRange } from "./created-range.ts";

test.each([
  ["2001-01-01T00:00:00Z", "2001-01-01T00:00:00.000000Z"],
  ["2001-01-01t00:00:00.1234567z", "2001-01-01T00:00:00.123456Z"],
  ["2001-01-01T00:30:00+01:00", "2000-12-31T23:30:00.000000Z"],
  ["2000-02-29T00:00:00-23:59", "2000-02-29T23:59:00.000000Z"],
])("%s is %s", (text, expected) => {
  expect(createdRange(text, undefined)).toEqual({ from: expected, to: null });
  expect(createdRange(undefined, text)).toEqual({ from: null, to: expected });
});

test.each([
  "",
  "yesterday",
  "2001-01-01",
  "2001-01-01T00:00:00",
  "2001-02-30T00:00:00Z",
  "2001-01-01T24:00:01Z",
  "2001-01-01T00:00:60Z",
  "0000-12-31T23:59:59Z",
  "9999-12-31T23:59:59-01:00",
  "infinity",
])("%j is no time", (text) => {
  expect(() => createdRange(text, undefined)).toThrow("must be an RFC 3339 time");
});
