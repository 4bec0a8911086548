import { gzipSync, zstdCompressSync } from "node:zlib";
import { SluiceError } from "@sluice/errors";
import { type CompressionCodec, parquetMetadata } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, test } from "vitest";
import { canonicalJson } from "./canonical-json.ts";
import type { InputRow } from "./input-row.ts";
import { BadParquet, checkRowGroup } from "./parquet-pages.ts";
import { readParquet } from "./parquet.ts";

async function readAll(bytes: ArrayBuffer | Buffer): Promise<InputRow[]> {
  const rows: InputRow[] = [];
  const source = (async function* () {
    const all = Buffer.from(bytes as ArrayBuffer);
    for (let at = 0; at < all.length; at += 1_000) yield all.subarray(at, at + 1_000);
  })();
  for await (const some of readParquet(source)) rows.push(...some);
  return rows;
}

async function refusal(bytes: ArrayBuffer | Buffer): Promise<string> {
  try {
    await readAll(bytes);
  } catch (error) {
    if (error instanceof SluiceError && error.code === "VALIDATION_FAILED") return error.message;
    throw error;
  }
  throw new Error("It was accepted.");
}

const table = (rows: number) => [
  {
    name: "id",
    data: Array.from({ length: rows }, (_, row) => `s${row}`),
    type: "STRING" as const,
  },
  { name: "n", data: BigInt64Array.from({ length: rows }, (_, row) => BigInt(row)) },
];

test("integers, floats, times and JSON keep what they are", async () => {
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: "id", data: ["a", "b"], type: "STRING" },
      { name: "big", data: [9223372036854775807n, null], type: "INT64" },
      { name: "real", data: [1, 0.5], type: "DOUBLE" },
      { name: "none", data: [Number.NaN, 2], type: "DOUBLE" },
      { name: "at", data: [new Date("2020-09-13T12:26:40.001Z"), null], type: "TIMESTAMP" },
      { name: "json", data: [{ x: 1 }, [1.5]], type: "JSON" },
      { name: "flag", data: [true, false], type: "BOOLEAN" },
    ],
  });
  const rows = await readAll(bytes);
  expect(rows[0]!.names).toEqual(["id", "big", "real", "none", "at", "json", "flag"]);
  expect(rows.map(({ line, values }) => [line, canonicalJson(values)])).toEqual([
    [1, '["a",9223372036854775807,1.0,null,"2020-09-13T12:26:40.001000Z",{"x":1},true]'],
    [2, '["b",null,0.5,2.0,null,[1.5],false]'],
  ]);
});

test.each<[CompressionCodec, ((input: Uint8Array) => Uint8Array) | undefined]>([
  ["UNCOMPRESSED", undefined],
  ["SNAPPY", undefined],
  ["GZIP", gzipSync],
  ["ZSTD", zstdCompressSync],
])("row groups that are %s come one after the other", async (codec, compress) => {
  const compressors = compress === undefined ? {} : { [codec]: compress };
  const bytes = parquetWriteBuffer({
    columnData: table(2_500),
    codec,
    compressors,
    rowGroupSize: 700,
  });
  const rows = await readAll(bytes);
  expect(rows.map(({ line, values }) => [line, ...values])).toEqual(
    Array.from({ length: 2_500 }, (_, row) => [row + 1, `s${row}`, BigInt(row)]),
  );
});

test("what a row group decodes to is counted before it is decoded", async () => {
  const bytes = parquetWriteBuffer({ columnData: table(1_000) });
  const { row_groups } = parquetMetadata(bytes);
  const check = (limits?: { bytes: number; values: number }) => {
    const file = { byteLength: bytes.byteLength, slice: bytes.slice.bind(bytes) };
    return checkRowGroup(file, row_groups[0]!, limits);
  };
  await check();
  await expect(check({ bytes: 1_000, values: 1_000_000 })).rejects.toThrow(BadParquet);
  await expect(check({ bytes: 1_000_000, values: 1_500 })).rejects.toThrow(BadParquet);
});

test("binary columns, stumps and junk are refused", async () => {
  const binary = [{ name: "raw", data: [new Uint8Array([255])], type: "BYTE_ARRAY" as const }];
  expect(await refusal(parquetWriteBuffer({ columnData: binary }))).toMatch(/"raw" of a type/);
  const whole = Buffer.from(parquetWriteBuffer({ columnData: table(100) }));
  for (const at of [0, 4, 11, whole.length - 1])
    expect(await refusal(whole.subarray(0, at))).toMatch(/not a Parquet file/);
  const broken = Buffer.from(whole);
  broken.fill(255, 10, 60);
  expect(await refusal(broken)).toMatch(/not a Parquet file/);
  expect(await refusal(Buffer.from("PAR1 this is no Parquet file PAR1"))).toMatch(/not a Parquet/);
  expect(await refusal(Buffer.from("PAR1\xff\xff\xff\x02PAR1", "latin1"))).toMatch(/too long/);
});
