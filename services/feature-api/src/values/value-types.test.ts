import fc from "fast-check";
import { expect, test } from "vitest";
import type { Stored } from "./codec.ts";
import { CODECS, type ValueType } from "./value-types.ts";

/** What comes back when the value has been through the request, jsonb's text and the response. */
function roundTrip(type: ValueType, value: unknown): string {
  const stored = JSON.parse(JSON.stringify(CODECS[type].parse(value))) as Stored;
  return stored === null ? "null" : CODECS[type].encode(stored);
}

test("every int64 comes back digit for digit, from a number, a BigInt or a string", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      expect(roundTrip("int64", value)).toBe(value.toString());
      expect(roundTrip("int64", value.toString())).toBe(value.toString());
    }),
  );
  fc.assert(
    fc.property(
      fc.maxSafeInteger(),
      (value) => roundTrip("int64", value) === BigInt(value).toString(),
    ),
  );
  expect(roundTrip("int64", 9223372036854775807n)).toBe("9223372036854775807");
});

test("every finite float64 comes back as the same double, spelt as a float", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = roundTrip("float64", value);
      expect(Object.is(JSON.parse(text), value)).toBe(true);
      expect(text).toMatch(/[.e]/);
    }),
  );
});

test("every finite float32 comes back with at most nine digits", () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = roundTrip("float32", value);
      expect(Object.is(Math.fround(Number(text)), value)).toBe(true);
      expect(
        Number(text)
          .toExponential()
          .replace(/^-|\.|e.*$/g, "").length,
      ).toBeLessThanOrEqual(9);
    }),
  );
});

test.each<[ValueType, unknown, string]>([
  ["float64", 1, "1.0"],
  ["float64", 1n, "1.0"],
  ["float64", 0.1, "0.1"],
  ["float64", -0, "-0.0"],
  ["float64", 1e21, "1e+21"],
  ["float64", 5e-324, "5e-324"],
  ["float64", NaN, "null"],
  ["float32", 0.1, "0.1"],
  ["float32", 16777217, "16777216.0"],
  ["float64[]", [1, null, 2.5], "[1.0,null,2.5]"],
  ["int32", "-2147483648", "-2147483648"],
  ["int64", -0, "0"],
  ["int64[]", [9223372036854775807n], "[9223372036854775807]"],
  ["string", 'a"b\u2028é', JSON.stringify('a"b\u2028é')],
  ["bool", false, "false"],
  ["bytes", "AAEC/w==", '"AAEC/w=="'],
  ["bytes", "", '""'],
  ["json", { b: [9223372036854775807n], a: 1.5 }, '{"b":[9223372036854775807],"a":1.5}'],
  ["timestamp[]", [0], '["1970-01-01T00:00:00.000000Z"]'],
])("%s %o goes out as %s", (type, value, text) => {
  expect(roundTrip(type, value)).toBe(text);
});

test.each<[ValueType, unknown, string]>([
  ["int32", 2147483648, "outside int32's range"],
  ["int64", 9223372036854775808n, "outside int64's range"],
  ["int64", 2 ** 63, "lost digits"],
  ["int64", 1.5, "1.5 is not an int64"],
  ["int64", true, "true is not an int64"],
  ["int64", "", "is not an int64"],
  ["float32", 3.5e38, "outside float32's range"],
  ["float64", Infinity, "Infinity is outside"],
  ["json", { a: [1, -Infinity] }, "outside float64's range"],
  ["float64", "1.0", "is not a float64"],
  ["bool", 1, "1 is not a bool"],
  ["string", "\ud800", "surrogate"],
  ["string", 7, "7 is not a string"],
  ["bytes", "AAE", "base64"],
  ["bytes", "AAF=", "base64"],
  ["timestamp", "tomorrow", "is not a time"],
  ["string[]", "abc", "is not an array"],
])("%s refuses %o", (type, value, reason) => {
  expect(() => CODECS[type].parse(value)).toThrow(reason);
});

test("U+0000, which PostgreSQL has no room for, is refused in a string and kept in json", () => {
  expect(() => CODECS.string.parse("a\u0000b")).toThrow("U+0000");
  expect(roundTrip("json", ["\u0000"])).toBe('["\\u0000"]');
});

test("an element's fault names its place", () => {
  expect(() => CODECS["int32[]"].parse([1, 2, "x"])).toThrow(
    expect.objectContaining({ path: "[2]" }),
  );
});

test("json nested beyond the stack is refused, not crashed on", () => {
  let nested: unknown = 1;
  for (let depth = 0; depth < 100_000; depth++) nested = [nested];
  expect(() => CODECS.json.parse(nested)).toThrow("nested too deeply");
});

test("timestamps are epoch seconds for Feast", () => {
  expect(CODECS.timestamp.encodeForFeast("2026-01-02T03:04:05.999999Z")).toBe("1767323045");
  expect(CODECS.timestamp.encodeForFeast("1969-12-31T23:59:59.500000Z")).toBe("-1");
});
