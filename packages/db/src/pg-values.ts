import { parse as parseArray } from "postgres-array";

// Object identifiers of PostgreSQL's built-in types (pg_type.dat): fixed since they were introduced. The driver's
// own look-up of array types (`fetch_types`) is off: it costs a query on every new connection.
const BOOL = 16;
const BYTEA = 17;
const JSON_TYPE = 114;
const JSONB = 3802;
const DATE = 1082;
const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;
const TEXT_ARRAYS = [1009, 1015, 1016, 1231, 2951]; // text, varchar, int8, numeric, uuid: elements stay text
const NUMBER_ARRAYS = [1005, 1007, 1021, 1022]; // int2, int4, float4, float8
const BOOL_ARRAY = 1000;
const TIMESTAMPTZ_ARRAY = 1185;

/**
 * How PostgreSQL's values become JavaScript's, as postgres.js `types`: int8 and numeric stay strings (exact),
 * timestamptz is RFC 3339 UTC with microseconds, times without a zone stay as they are, json is parsed, arrays are arrays.
 */
export const pgTypes = {
  bool: type([BOOL], isTrue),
  bytea: type([BYTEA], (text) => Buffer.from(text.slice(2), "hex")),
  json: type([JSON_TYPE, JSONB], (text) => JSON.parse(text)),
  local: type([DATE, TIMESTAMP], String),
  timestamptz: type([TIMESTAMPTZ], rfc3339),
  textArray: type(TEXT_ARRAYS, (text) => parseArray(text, String)),
  numberArray: type(NUMBER_ARRAYS, (text) => parseArray(text, Number)),
  boolArray: type([BOOL_ARRAY], (text) => parseArray(text, isTrue)),
  timestamptzArray: type([TIMESTAMPTZ_ARRAY], (text) => parseArray(text, rfc3339)),
};

interface PgType {
  readonly to: number;
  readonly from: number[];
  readonly serialize: (text: string) => string;
  readonly parse: (text: string) => unknown;
}

/** Parameters are texts before the driver sees them (`parameterText`), so that it has nothing left to serialize. */
function type(from: number[], parse: (text: string) => unknown): PgType {
  return { to: from[0]!, from, serialize: String, parse };
}

function isTrue(text: string): boolean {
  return text === "t";
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
 * A parameter in PostgreSQL's text format; which type it is read as is for the statement to say (`$1::bigint`), or for
 * the place where it stands. Arrays are array literals, other objects JSON; a text for json is JSON text already.
 * @throws TypeError for undefined and for what an array can't hold: refused here, it costs no connection.
 */
export function parameterText(value: unknown): string | null {
  if (value === undefined) throw new TypeError("A parameter can't be undefined; send null");
  if (typeof value === "string" || value === null) return value;
  if (Array.isArray(value)) return arrayLiteral(value);
  if (value instanceof Uint8Array) return byteaText(value);
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "object") return JSON.stringify(value);
  return `${value as number | bigint | boolean}`;
}

function byteaText(bytes: Uint8Array): string {
  return `\\x${Buffer.from(bytes).toString("hex")}`;
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
  if (value instanceof Uint8Array) return `"\\${byteaText(value)}"`;
  if (value instanceof Date) return `"${value.toISOString()}"`;
  if (typeof value === "string") return `"${value.replace(/["\\]/g, "\\$&")}"`;
  throw new TypeError(
    `An array parameter can't hold ${Array.isArray(value) ? "another array" : typeof value}`,
  );
}
