import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJson } from "./parse-json.ts";
import { stringifyJson } from "./stringify-json.ts";

const parseOf = (text: string, nonFiniteAsNull = false) =>
  parseJson(Buffer.from(text), { nonFiniteAsNull });

const refused = (extra: object = {}) => expect.objectContaining({ code: "INVALID_JSON", ...extra });

/** JSON has one zero; and a large double without fraction is written as the integer that it is read as. */
function isWrittenAsDouble(n: number): boolean {
  return !Object.is(n, -0) && (Number.isSafeInteger(n) || !/^-?\d+$/.test(String(n)));
}

test("any document with any integers comes back as it was", () => {
  const forbidden = new Set(["__proto__", "constructor"]);
  const { document } = fc.letrec((tie) => ({
    document: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      fc.array(fc.nat(0x10ffff)).map((points) => String.fromCodePoint(...points)),
      fc.boolean(),
      fc.constant(null),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter(isWrittenAsDouble),
      fc.maxSafeInteger(),
      fc.bigInt().filter((n) => !Number.isSafeInteger(Number(n))),
      fc.array(tie("document"), { maxLength: 5 }),
      fc.dictionary(
        fc.string().filter((key) => !forbidden.has(key)),
        tie("document"),
        { noNullPrototype: true, maxKeys: 5 },
      ),
    ),
  }));
  fc.assert(
    fc.property(document, (value) => {
      const text = stringifyJson(value);
      expect(isDeepStrictEqual(parseOf(text), value)).toBe(true);
      expect(isDeepStrictEqual(parseOf(text, true), value)).toBe(true);
    }),
  );
});

test.each<[string, unknown]>([
  ["9007199254740991", 9007199254740991],
  ["-9007199254740991", -9007199254740991],
  ["9007199254740992", 9007199254740992n],
  ["9007199254740993", 9007199254740993n],
  ["-9223372036854775808", -9223372036854775808n],
  ["18446744073709551616", 18446744073709551616n],
  ['{"a":[9007199254740993]}', { a: [9007199254740993n] }],
  ["0.30000000000000004", 0.30000000000000004],
  ["[0.30000000000000004,12345678901234567]", [0.30000000000000004, 12345678901234567n]],
  ["12345678901234567.0", 12345678901234568],
  ["1e20", 1e20],
  ['"12345678901234567"', "12345678901234567"],
])("%s", (text, value) => {
  expect(parseOf(text)).toEqual(value);
});

test("an integer of millions of digits is infinite, like any number beyond a double", () => {
  expect(parseOf(`[${"9".repeat(1_000_000)},1e400]`)).toEqual([Infinity, Infinity]);
  expect(parseOf("9".repeat(400))).toBe(BigInt("9".repeat(400)));
});

test("a byte order mark is skipped", () => {
  expect(parseOf('\uFEFF{"a":1}')).toEqual({ a: 1 });
});

test.each([
  ['{"__proto__":{"admin":true}}'],
  ['{"a":{"\\u005f_proto__":1}}'],
  ['{"id":12345678901234567,"__proto__":1}'],
  ['{"constructor":{"prototype":{"admin":true}}}'],
])("%s is refused", (text) => {
  expect(() => parseOf(text)).toThrow(refused());
});

test("a harmless constructor or a text about __proto__ is not", () => {
  const value = { constructor: "x", note: "__proto__" };
  expect(parseOf(JSON.stringify(value))).toEqual(value);
});

test.each([
  ['{"a":1,}', 7],
  ["[1,2", 4],
  ["", 0],
])("%s is refused with position %d", (text, position) => {
  expect(() => parseOf(text)).toThrow(refused({ extra: { position } }));
});

test.each(["{x}", "undefined", "[NaN]", "{'a':1}", "\u0000"])("%s is refused", (text) => {
  expect(() => parseOf(text)).toThrow(refused());
});

test("invalid UTF-8 is refused rather than repaired", () => {
  expect(() => parseJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow(refused());
});

test("nesting is limited, brackets in strings are not nesting", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  expect(() => parseOf(nested(512))).not.toThrow();
  expect(() => parseOf(nested(513))).toThrow(refused());
  expect(() => parseOf('{"a":'.repeat(100_000))).toThrow(refused());
  expect(() => parseOf(JSON.stringify(`\\"${"[".repeat(1000)}\\`))).not.toThrow();
});

test("bare NaN and infinities are null where the route says so, and stay inside strings", () => {
  const text =
    '{"a":NaN,"b":[-Infinity,Infinity, NaN ],"NaN":"x \\" NaN \\\\","c":12345678901234567}';
  expect(parseOf(text, true)).toEqual({
    a: null,
    b: [null, null, null],
    NaN: 'x " NaN \\',
    c: 12345678901234567n,
  });
  expect(() => parseOf(text)).toThrow(refused());
});

test.each(["[NaN", "NaNa", "[1NaN]", '["NaN]', "[--Infinity]"])(
  "%s is refused leniently too",
  (text) => {
    expect(() => parseOf(text, true)).toThrow(refused());
  },
);

test.each([
  "1.0",
  "[1.50,-0,-0.0,1e2,1E+2]",
  '{"a":9223372036854775807,"b" : 12345678901234567890.10}',
  '{"time":"10:30:15.50","n":0.1}',
  "[0,-1,1.5,null,true]",
])("with exactNumbers %s is written as it was read", (text) => {
  const value = parseJson(Buffer.from(text), { exactNumbers: true });
  expect(stringifyJson(value)).toBe(text.replaceAll(" ", ""));
});

test("with exactNumbers any document is written as it was read", () => {
  const number = fc.tuple(
    fc.constantFrom("", "-"),
    fc.constantFrom("0", "7", "10", "9007199254740993", "1".repeat(30)),
    fc.constantFrom("", ".0", ".50", ".123456789012345678"),
    fc.constantFrom("", "e0", "E+10", "e-7"),
  );
  const member = fc.tuple(fc.string(), number);
  fc.assert(
    fc.property(fc.uniqueArray(member, { selector: ([name]) => name }), (members) => {
      const safe = members.filter(([name]) => name !== "__proto__" && !/^\d+$/.test(name));
      const pairs = safe.map(([name, parts]) => `${JSON.stringify(name)}:${parts.join("")}`);
      const text = `{${pairs.join()}}`;
      expect(stringifyJson(parseJson(Buffer.from(text), { exactNumbers: true }))).toBe(text);
    }),
  );
});
