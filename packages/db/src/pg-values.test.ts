import fc from "fast-check";
import { parse } from "postgres-array";
import { expect, test } from "vitest";
import { arrayLiteral, parameterText, rfc3339 } from "./pg-values.ts";

test("timestamps are RFC 3339 in UTC with microseconds, whatever PostgreSQL left out", () => {
  expect(rfc3339("2026-01-02 03:04:05+00")).toBe("2026-01-02T03:04:05.000000Z");
  expect(rfc3339("2026-01-02 03:04:05.1+00")).toBe("2026-01-02T03:04:05.100000Z");
  expect(rfc3339("2026-01-02 03:04:05.000001+00")).toBe("2026-01-02T03:04:05.000001Z");
  expect(rfc3339("infinity")).toBe("infinity");
});

test("array literals survive PostgreSQL's array syntax, whatever the texts hold", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.string({ unit: "binary" }))), (values) => {
      expect(parse(arrayLiteral(values), (text) => text)).toEqual(values);
    }),
  );
});

test("numbers, booleans, bytes and dates become array elements", () => {
  expect(arrayLiteral([1, 2n ** 63n - 1n, true, null])).toBe(
    '{"1","9223372036854775807","true",NULL}',
  );
  expect(arrayLiteral([Buffer.from("hi")])).toBe('{"\\\\x6869"}');
  expect(arrayLiteral([new Date(0)])).toBe('{"1970-01-01T00:00:00.000Z"}');
  expect(arrayLiteral([])).toBe("{}");
});

test("what has no array syntax of ours is refused", () => {
  expect(() => arrayLiteral([[1]])).toThrow("another array");
  expect(() => arrayLiteral([{}])).toThrow("object");
});

test("undefined is refused before it reaches a connection", () => {
  expect(() => parameterText(undefined)).toThrow("undefined");
});

test("parameters are texts as PostgreSQL reads them", () => {
  const values = ["a", null, ["a"], true, 2n ** 63n, new Date(0), Buffer.from("hi"), { a: [1] }];
  expect(values.map(parameterText)).toEqual([
    "a",
    null,
    '{"a"}',
    "true",
    "9223372036854775808",
    "1970-01-01T00:00:00.000Z",
    "\\x6869",
    '{"a":[1]}',
  ]);
});
