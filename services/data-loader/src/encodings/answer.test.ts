import { createHash } from "node:crypto";
import { RecordBatchReader } from "apache-arrow";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Answer, encodeAnswer } from "./answer.ts";
import type { ColumnType, FrameColumn } from "./frame.ts";
import { jsonElements } from "./json-elements.ts";
import { openRowEncoder, ROW_TYPES } from "./row-encoder.ts";

const TEXT = fc.string({ unit: "grapheme" });
const JSON_VALUE = fc.jsonValue({ maxDepth: 3, stringUnit: "grapheme" });
const INSTANT = fc
  .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
  .chain((date) =>
    fc
      .integer({ min: 0, max: 999_999 })
      .map((micros) => `${date.toISOString().slice(0, 19)}.${String(micros).padStart(6, "0")}Z`),
  );

/** A value of each type, as JSON text. */
const VALUES: Readonly<Record<ColumnType, fc.Arbitrary<string>>> = {
  text: fc.option(TEXT).map((value) => JSON.stringify(value)),
  // Some with spaces between the members, as jsonb is shown.
  json: fc
    .tuple(JSON_VALUE, fc.constantFrom("", " "))
    .map(([value, space]) => JSON.stringify(value, null, space).replaceAll("\n", "")),
  instant: fc.option(INSTANT).map((value) => JSON.stringify(value)),
  integer: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  boolean: fc.option(fc.boolean()).map((value) => JSON.stringify(value)),
};
const TYPES = Object.keys(VALUES) as ColumnType[];

/** Columns of every type, of one length; values as JSON texts. */
const TABLE = fc.nat({ max: 20 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    values: fc.record(
      Object.fromEntries(
        TYPES.map((type) => [type, fc.array(VALUES[type], { minLength: count, maxLength: count })]),
      ) as Record<ColumnType, fc.Arbitrary<string[]>>,
    ),
  }),
);

function columnsOf(values: Readonly<Record<ColumnType, readonly string[]>>): FrameColumn[] {
  return TYPES.map((type) => ({ name: type, type, text: `[${values[type].join(", ")}]` }));
}

function answer(values: Readonly<Record<ColumnType, readonly string[]>>, count: number): Answer {
  const [first, ...others] = columnsOf(values);
  return { members: { version: 7, missing: ["ü"] }, count, columns: others, beside: [first!] };
}

test("an array is cut into its elements as they stand", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(VALUES.text, VALUES.json, VALUES.integer)), (elements) => {
      for (const separator of [",", ", ", " ,\n "])
        expect(jsonElements(`[${elements.join(separator)}]`)).toEqual(elements);
    }),
  );
  expect(
    jsonElements(String.raw`[1.0, 9223372036854775807, "a\\", "\"]", {"b": "}\\\""}, []]`),
  ).toEqual([
    "1.0",
    "9223372036854775807",
    String.raw`"a\\"`,
    String.raw`"\"]"`,
    String.raw`{"b": "}\\\""}`,
    "[]",
  ]);
});

test("JSON has every column as it is", () => {
  fc.assert(
    fc.property(TABLE, ({ count, values }) => {
      const body = encodeAnswer("application/json", answer(values, count)).toString();
      const { version, missing, columns, text } = JSON.parse(body) as Record<string, unknown>;
      expect({ version, missing }).toEqual({ version: 7, missing: ["ü"] });
      expect(text).toEqual(JSON.parse(`[${values.text.join()}]`));
      for (const type of TYPES.slice(1))
        expect(body).toContain(`"${type}":[${values[type].join(", ")}]`);
      expect(Object.keys(columns as object)).toEqual(TYPES.slice(1));
    }),
  );
});

test("NDJSON has the rows with every digit, their number, and the hash of all before it", () => {
  fc.assert(
    fc.property(TABLE, ({ count, values }) => {
      const body = encodeAnswer("application/x-ndjson", answer(values, count)).toString();
      const endAt = body.lastIndexOf("\n", body.length - 2) + 1;
      const sha256 = createHash("sha256").update(body.slice(0, endAt)).digest("hex");
      expect(JSON.parse(body.slice(endAt))).toEqual({
        _end: { count, sha256, version: 7, missing: ["ü"] },
      });
      const rows = Array.from(
        { length: count },
        (_, row) => `{${TYPES.map((type) => `"${type}":${values[type][row]}`).join()}}\n`,
      );
      expect(body.slice(0, endAt)).toBe(rows.join(""));
    }),
  );
});

test("Arrow has the values in their types, and the end in the metadata of a last, empty batch", () => {
  fc.assert(
    fc.property(TABLE, ({ count, values }) => {
      const bytes = encodeAnswer("application/vnd.apache.arrow.stream", answer(values, count));
      const batches = [...RecordBatchReader.from(bytes)];
      expect(bytes.subarray(-8)).toEqual(Buffer.from("ffffffff00000000", "hex"));
      const [rows, end] = batches as [(typeof batches)[0], (typeof batches)[0]];
      expect([batches.length, rows.numRows, end.numRows]).toEqual([2, count, 0]);
      expect(JSON.parse(end.metadata.get("_end")!)).toEqual({ count, version: 7, missing: ["ü"] });
      const column = (type: ColumnType): unknown[] => [...rows.getChild(type)!];
      const parsed = (type: ColumnType): unknown[] =>
        values[type].map((text) => JSON.parse(text) as unknown);
      expect(column("text")).toEqual(parsed("text"));
      expect(column("boolean")).toEqual(parsed("boolean"));
      expect(column("integer")).toEqual(values.integer.map(BigInt));
      expect(column("json")).toEqual(values.json.map((text) => (text === "null" ? null : text)));
      const micros = rows.getChild("instant")!.data[0]!;
      for (const [row, text] of parsed("instant").entries())
        if (text === null) expect(micros.getValid(row)).toBe(false);
        else expect(instantOf((micros.values as BigInt64Array)[row]!)).toBe(text);
    }),
  );
});

/** The other way round, in whole numbers. */
function instantOf(micros: bigint): string {
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((micros - rest) / 1_000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(rest).padStart(6, "0")}Z`;
}

test.each(ROW_TYPES)("%s is the same over frames, however the rows are cut", (type) => {
  fc.assert(
    fc.property(fc.array(TABLE, { minLength: 1, maxLength: 4 }), (tables) => {
      const encoder = openRowEncoder(type);
      const parts = tables.map(({ count, values }) =>
        encoder.rows({ count, columns: columnsOf(values) }),
      );
      const bytes = Buffer.concat([...parts, encoder.end()]);
      const total = tables.reduce((sum, { count }) => sum + count, 0);
      const end = type === "application/x-ndjson" ? ndjsonEnd(bytes) : arrowEnd(bytes, total);
      expect(end).toMatchObject({ count: total });
    }),
  );
});

function ndjsonEnd(bytes: Buffer): unknown {
  const [last] = bytes.toString().trimEnd().split("\n").slice(-1);
  return (JSON.parse(last!) as { _end: unknown })._end;
}

function arrowEnd(bytes: Buffer, total: number): unknown {
  const batches = [...RecordBatchReader.from(bytes)];
  expect(batches.reduce((sum, { numRows }) => sum + numRows, 0)).toBe(total);
  return JSON.parse(batches.at(-1)!.metadata.get("_end")!) as unknown;
}
