import { Bool, type Data, Field, Int64, makeData, TimestampMicrosecond, Utf8 } from "apache-arrow";
import type { ColumnType, FrameColumn } from "./frame.ts";
import { jsonElements } from "./json-elements.ts";

/** Attributes are text of Arrow's canonical extension type arrow.json; who does not know it reads text. */
const JSON_EXTENSION = new Map([
  ["ARROW:extension:name", "arrow.json"],
  ["ARROW:extension:metadata", ""],
]);

const TYPES = {
  text: new Utf8(),
  json: new Utf8(),
  instant: new TimestampMicrosecond("UTC"),
  integer: new Int64(),
  boolean: new Bool(),
} as const satisfies Record<ColumnType, unknown>;

export function arrowField({ name, type }: FrameColumn): Field {
  return new Field(name, TYPES[type], true, type === "json" ? JSON_EXTENSION : undefined);
}

/** The values of a column's text in Arrow's memory layout; its buffers are filled here, as the library's builders take far longer. */
const READERS: Readonly<Record<ColumnType, (text: string) => Data>> = {
  text: (text) => textData(JSON.parse(text) as (string | null)[]),
  json: (text) => textData(jsonElements(text).map((value) => (value === "null" ? null : value))),
  instant: (text) => instantData(JSON.parse(text) as (string | null)[]),
  integer: (text) => integerData(jsonElements(text)),
  boolean: (text) => booleanData(JSON.parse(text) as (boolean | null)[]),
};

export function arrowData({ type, text }: FrameColumn): Data {
  return READERS[type](text);
}

function textData(values: readonly (string | null)[]): Data {
  const data = Buffer.from(values.join(""));
  const valueOffsets = new Int32Array(values.length + 1);
  let end = 0;
  for (let index = 0; index < values.length; index += 1) {
    end += Buffer.byteLength(values[index] ?? "");
    valueOffsets[index + 1] = end;
  }
  return makeData({
    type: TYPES.text,
    length: values.length,
    ...validity(values),
    valueOffsets,
    data,
  });
}

function instantData(values: readonly (string | null)[]): Data {
  const data = BigInt64Array.from(values, (value) => (value === null ? 0n : microseconds(value)));
  return makeData({ type: TYPES.instant, length: values.length, ...validity(values), data });
}

/** Since 1970, of `2001-01-01T00:00:00.000001Z`. */
function microseconds(instant: string): bigint {
  return BigInt(Date.parse(`${instant.slice(0, 19)}Z`)) * 1_000n + BigInt(instant.slice(20, 26));
}

function integerData(values: readonly string[]): Data {
  const data = BigInt64Array.from(values, (value) => BigInt(value));
  return makeData({ type: TYPES.integer, length: values.length, nullCount: 0, data });
}

function booleanData(values: readonly (boolean | null)[]): Data {
  const data = bitmap(values, (value) => value === true);
  return makeData({ type: TYPES.boolean, length: values.length, ...validity(values), data });
}

/** Arrow marks what is there, and leaves the marks out when nothing is missing. */
function validity(values: readonly unknown[]): { nullCount: number; nullBitmap?: Uint8Array } {
  const nullCount = values.reduce((sum: number, value) => (value === null ? sum + 1 : sum), 0);
  if (nullCount === 0) return { nullCount };
  return { nullCount, nullBitmap: bitmap(values, (value) => value !== null) };
}

/** A bit for each value, the first one lowest. */
function bitmap<T>(values: readonly T[], isSet: (value: T) => boolean): Uint8Array {
  const bits = new Uint8Array((values.length + 7) >> 3);
  for (let index = 0; index < values.length; index += 1)
    if (isSet(values[index]!)) bits[index >> 3]! |= 1 << (index & 7);
  return bits;
}
