import { parse as parseArray } from "postgres-array";

// Object identifiers of PostgreSQL's built-in types (pg_type.dat): fixed since they were introduced. The driver's
// own look-up of array types (`fetch_types`) is off: it costs a query on every new connection.
const JSON_TYPE = 114;
const JSONB = 3802;
const TIMESTAMPTZ = 1184;
const TEXT_ARRAYS = [1009, 1015, 1016, 1231, 2951]; // text, varchar, int8, numeric, uuid: elements stay text
const NUMBER_ARRAYS = [1005, 1007, 1021, 1022]; // int2, int4, float4, float8
const BOOL_ARRAY = 1000;
const TIMESTAMPTZ_ARRAY = 1185;

/**
 * How values cross between JavaScript and PostgreSQL, as postgres.js `types`: int8 and numeric stay strings (exact),
 * timestamptz is RFC 3339 UTC with microseconds, json is parsed, arrays are arrays. A json PARAMETER is JSON text.
 */
export const pgTypes = {
  json: {
    to: JSON_TYPE,
    from: [JSON_TYPE, JSONB],
    serialize: (value: unknown): string =>
      typeof value === "string" ? value : JSON.stringify(value),
    parse: (text: string): unknown => JSON.parse(text),
  },
  timestamptz: {
    to: TIMESTAMPTZ,
    from: [TIMESTAMPTZ],
    serialize: (value: Date | string): string =>
      value instanceof Date ? value.toISOString() : value,
    parse: rfc3339,
  },
  textArray: arrayType(TEXT_ARRAYS, (text) => text),
  numberArray: arrayType(NUMBER_ARRAYS, Number),
  boolArray: arrayType([BOOL_ARRAY], (text) => text === "t"),
  timestamptzArray: arrayType([TIMESTAMPTZ_ARRAY], rfc3339),
};

function arrayType(
  from: number[],
  element: (text: string) => unknown,
): {
  to: number;
  from: number[];
  serialize: (value: unknown) => string;
  parse: (text: string) => unknown;
} {
  return { to: from[0]!, from, serialize: String, parse: (text) => parseArray(text, element) };
}

/**
 * `2026-01-02 03:04:05.1+00` (PostgreSQL's ISO style, the role's time zone being UTC) as
 * `2026-01-02T03:04:05.100000Z`. `infinity` and other forms pass unchanged.
 */
export function rfc3339(text: string): string {
  const match = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/.exec(text);
  if (match === null) return text;
  const [, date, time, fraction = ""] = match;
  return `${date}T${time}.${fraction.padEnd(6, "0")}Z`;
}

/**
 * A parameter as the driver should send it. Arrays become array literals here, because the driver infers an array's
 * type from its first element and so declares `true[]` a boolean; a literal leaves the type to the server.
 * @throws TypeError for undefined and for what an array can't hold: refused here, it costs no connection.
 */
export function toParameter(value: unknown): unknown {
  if (value === undefined) throw new TypeError("A parameter can't be undefined; send null");
  return Array.isArray(value) ? arrayLiteral(value) : value;
}

/** `{"a","b",NULL}`: PostgreSQL's input syntax of a one-dimensional array. */
export function arrayLiteral(values: readonly unknown[]): string {
  let literal = "{";
  for (let index = 0; index < values.length; index++) {
    literal += index === 0 ? arrayElement(values[index]) : `,${arrayElement(values[index])}`;
  }
  return `${literal}}`;
}

function arrayElement(value: unknown): string {
  if (value === null || value === undefined) return "NULL";
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean")
    return `"${value}"`;
  if (value instanceof Uint8Array) return `"\\\\x${Buffer.from(value).toString("hex")}"`;
  if (value instanceof Date) return `"${value.toISOString()}"`;
  if (typeof value === "string") return `"${value.replace(/["\\]/g, "\\$&")}"`;
  throw new TypeError(
    `An array parameter can't hold ${Array.isArray(value) ? "another array" : typeof value}`,
  );
}
