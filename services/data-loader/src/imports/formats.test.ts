import { gzipSync, zstdCompressSync } from "node:zlib";
import {
  Field,
  Int64,
  List,
  makeVector,
  RecordBatchStreamWriter,
  Table,
  tableFromArrays,
  tableToIPC,
  TimestampMicrosecond,
  Utf8,
  vectorFromArray,
} from "apache-arrow";
import { SluiceError } from "@sluice/errors";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readArrow } from "./arrow.ts";
import { readCsv } from "./csv.ts";
import { decompressed } from "./decompress.ts";
import type { InputRow } from "./input-row.ts";
import type { RowFormat } from "./media.ts";
import { MAX_LINE_BYTES, readNdjson } from "./ndjson.ts";
import { RowFaults } from "./row-faults.ts";

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
}

/** All rows, the bytes coming `size` at a time. */
async function readAll(
  format: RowFormat,
  bytes: Uint8Array | string,
  size = 7,
): Promise<InputRow[]> {
  const faults = new RowFaults();
  const rows: InputRow[] = [];
  const source = cut(typeof bytes === "string" ? Buffer.from(bytes) : bytes, size);
  for await (const some of format(source, faults)) rows.push(...some);
  faults.throwIfAny();
  return rows;
}

async function refusal(reading: Promise<unknown>): Promise<SluiceError> {
  const outcome = await reading.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof SluiceError) return outcome;
  throw new Error("It was accepted, or failed otherwise.", { cause: outcome });
}

const valuesOf = (rows: readonly InputRow[]) => rows.map(({ line, values }) => [line, ...values]);

test("CSV: quotes, line breaks inside of them, CRLF, a byte order mark, lines that are right", async () => {
  const text = '\uFEFFa,"b ""x"""\r\n1,"two\nlines"\r\n\r\n3,\r\n"4,4",é\r\n';
  const rows = await readAll(readCsv, text, 3);
  expect(rows[0]!.names).toEqual(["a", 'b "x"']);
  expect(valuesOf(rows)).toEqual([
    [2, "1", "two\nlines"],
    [5, "3", undefined],
    [6, "4,4", "é"],
  ]);
});

test("CSV: any texts come back, however the bytes are cut", async () => {
  const field = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "é", "𝄞", " ") });
  const table = fc.array(fc.tuple(field, field), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(table, fc.integer({ min: 1, max: 9 }), async (rows, size) => {
      const lines = [["h", "i"], ...rows].map((row) =>
        row.map((text) => `"${text.replaceAll('"', '""')}"`).join(),
      );
      const read = await readAll(readCsv, `${lines.join("\n")}\n`, size);
      expect(read.map(({ values }) => values.map((value) => value ?? ""))).toEqual(rows);
    }),
  );
});

test.each<[string, string | Buffer, number, RegExp]>([
  ["fields", "a,b\n1,2\n1\n", 3, /has 1 fields where the head line has 2/],
  ["a quote", 'a,b\n1,2\n3,"x"y\n', 3, /is not CSV/],
  ["an open quote", 'a,b\n1,"x\n', 2, /is not CSV/],
  ["Latin-1", Buffer.from("a,b\n1,2\n3,\xe9\n", "latin1"), 3, /is not UTF-8/],
  ["half a character", Buffer.from([97, 10, 49, 10, 0xc3]), 3, /is not UTF-8/],
])("CSV: %s in a line that is named", async (_what, bytes, line, reason) => {
  const { code, extra } = await refusal(readAll(readCsv, bytes));
  const [first] = extra["errors"] as { line: number; reason: string }[];
  expect([code, first!.line]).toEqual(["INVALID_ROW", line]);
  expect(first!.reason).toMatch(reason);
});

test("NDJSON: blank lines are passed over and count; what is no object is named", async () => {
  expect(valuesOf(await readAll(readNdjson, '\n{"a":1}\r\n  \n{"a":2}'))).toEqual([
    [2, 1],
    [4, 2],
  ]);
  const { extra } = await refusal(readAll(readNdjson, '{"a":1}\n[1]\n{"a":\n\xff'));
  const lines = (extra["errors"] as { line: number }[]).map(({ line }) => line);
  expect(lines).toEqual([2, 3, 4]);
});

test("NDJSON: a line has at most a mebibyte, and is not waited for longer", async () => {
  const endless = (async function* () {
    yield Buffer.from('{"a":1}\n"');
    for (;;) yield Buffer.alloc(65_536, 97);
  })();
  const rows = (async () => {
    for await (const _ of readNdjson(endless, new RowFaults()));
  })();
  const { code, message } = await refusal(rows);
  expect([code, message]).toEqual(["INVALID_ROW", expect.stringMatching(/^Line 2: is longer/)]);
  const longest = `"${"x".repeat(MAX_LINE_BYTES - 8)}"`;
  expect(await readAll(readNdjson, `{"a":${longest}}\n`, 65_536)).toHaveLength(1);
});

test("a hundred faults are enough", async () => {
  const { extra } = await refusal(readAll(readNdjson, "x\n".repeat(1_000)));
  expect(extra["errors"]).toHaveLength(100);
});

test.each([
  ["gzip", gzipSync],
  ["zstd", zstdCompressSync],
])(
  "%s: undone piece by piece; a bomb, a stump and junk are refused",
  async (encoding, compress) => {
    const drain = async (body: Uint8Array): Promise<number> => {
      let bytes = 0;
      for await (const chunk of decompressed(cut(body, 1_000), encoding)) bytes += chunk.length;
      return bytes;
    };
    const text = Buffer.from("some text\n".repeat(10_000));
    expect(await drain(compress(text))).toBe(text.length);
    const bomb = compress(Buffer.alloc(70 * 1024 * 1024));
    expect((await refusal(drain(bomb))).code).toBe("PAYLOAD_TOO_LARGE");
    const stump = compress(text).subarray(0, -5);
    expect((await refusal(drain(stump))).code).toBe("VALIDATION_FAILED");
    expect((await refusal(drain(Buffer.from("not compressed")))).code).toBe("VALIDATION_FAILED");
  },
);

test("an unknown encoding is refused", () => {
  expect(() => decompressed(cut(Buffer.alloc(0), 1), "br")).toThrow(
    expect.objectContaining({ code: "UNSUPPORTED_MEDIA_TYPE" }),
  );
});

test("what ends the upload itself comes through the decoder unchanged", async () => {
  const gone = new Error("gone");
  const broken = (async function* () {
    yield gzipSync("text").subarray(0, 10);
    throw gone;
  })();
  const reading = (async () => {
    for await (const _ of decompressed(broken, "gzip"));
  })();
  await expect(reading).rejects.toBe(gone);
});

test("Arrow: integers, floats, times and lists keep what they are", async () => {
  const micros = new BigInt64Array([1_600_000_000_000_001n, 0n]);
  const table = new Table({
    id: vectorFromArray(["a", "b"]),
    big: vectorFromArray([9223372036854775807n, null], new Int64()),
    real: vectorFromArray([1, Number.NaN]),
    at: makeVector({ type: new TimestampMicrosecond(), data: micros } as never),
    list: vectorFromArray([[1.5, 2], [3]]),
    flag: vectorFromArray([true, null]),
  });
  const rows = await readAll(readArrow, tableToIPC(table, "stream"), 100);
  expect(rows.map(({ line }) => line)).toEqual([1, 2]);
  expect(rows[0]!.names).toEqual(["id", "big", "real", "at", "list", "flag"]);
  expect(rows.map(({ values }) => JSON.stringify(values.slice(2)))).toEqual([
    '[1.0,"2020-09-13T12:26:40.000001Z",[1.5,2.0],true]',
    '[null,"1970-01-01T00:00:00.000000Z",[3.0],null]',
  ]);
  expect(rows.map(({ values }) => values.slice(0, 2))).toEqual([
    ["a", 9223372036854775807n],
    ["b", null],
  ]);
});

test("Arrow: several batches, dictionaries, and what is no stream", async () => {
  const batch = tableFromArrays({ word: ["x", "y", "x"] }).batches[0]!;
  const writer = new RecordBatchStreamWriter();
  writer.write(batch);
  writer.write(batch);
  writer.finish();
  const rows = await readAll(readArrow, await writer.toUint8Array(), 64);
  expect(valuesOf(rows)).toEqual(
    [1, 2, 3, 4, 5, 6].map((line) => [line, line % 3 === 2 ? "y" : "x"]),
  );
  const junk = "this is no Arrow stream, and goes on for a while to say so";
  expect((await refusal(readAll(readArrow, junk))).code).toBe("VALIDATION_FAILED");
  const bytes = tableToIPC(tableFromArrays({ a: ["x"] }), "stream");
  const stump = readAll(readArrow, bytes.subarray(0, 300));
  expect((await refusal(stump)).code).toBe("VALIDATION_FAILED");
});

test("Arrow: offsets that claim more than there is, or the same again and again, are refused", async () => {
  const type = new List(new Field("item", new Utf8()));
  const table = new Table({ list: vectorFromArray([["aaaa"], ["bbbb"]], type) });
  const bytes = Buffer.from(tableToIPC(table, "stream"));
  expect(await readAll(readArrow, bytes)).toHaveLength(2);
  for (const [offsets, forged] of [
    [
      [0, 1, 2],
      [0, 1, 1_000_000_000],
    ],
    [
      [0, 1, 2],
      [0, 2, 0],
    ],
    [
      [0, 4, 8],
      [0, 8, 0],
    ],
  ] as const) {
    const at = bytes.indexOf(Buffer.from(Int32Array.from(offsets).buffer));
    const broken = Buffer.from(bytes);
    broken.set(Buffer.from(Int32Array.from(forged).buffer), at);
    expect((await refusal(readAll(readArrow, broken))).code).toBe("VALIDATION_FAILED");
  }
});
