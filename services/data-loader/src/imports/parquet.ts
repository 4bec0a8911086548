import type { FileHandle } from "node:fs/promises";
import { gunzipSync, zstdDecompressSync, brotliDecompressSync } from "node:zlib";
import {
  type AsyncBuffer,
  type Compressors,
  type DecodedArray,
  type FileMetaData,
  type ParquetParsers,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
  type SchemaTree,
} from "hyparquet";
import { SluiceError } from "@sluice/errors";
import { invalidArgument, parseJson } from "@sluice/http";
import { instantOf } from "@sluice/values";
import type { ByteSource, InputRow, InputRows } from "./input-row.ts";
import { refuseExcess } from "./honest-size.ts";
import { BadParquet, checkRowGroup } from "./parquet-pages.ts";
import { spool } from "./spool.ts";
import { dayValue, floatValue } from "./typed-values.ts";

/** The footer, which says where everything stands, comes last: the whole file waits on disk. */
const MAX_FILE_BYTES = 8 * 1024 * 1024 * 1024;
/** Some 1,500 row groups of 20 columns. In memory it takes up to sixty times as much. */
const MAX_FOOTER_BYTES = 4 * 1024 * 1024;
const ROWS_AT_ONCE = 500;

const COMPRESSORS: Compressors = {
  GZIP: (input, maxOutputLength) => gunzipSync(input, { maxOutputLength }),
  ZSTD: (input, maxOutputLength) => zstdDecompressSync(input, { maxOutputLength }),
  BROTLI: (input, maxOutputLength) => brotliDecompressSync(input, { maxOutputLength }),
};

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Times as texts with microseconds; JSON with its numbers as they are; texts that are UTF-8, and not repaired. */
const PARSERS: Partial<ParquetParsers> = {
  stringFromBytes: (bytes?: Uint8Array) => bytes && UTF8.decode(bytes),
  jsonFromBytes: (bytes?: Uint8Array) =>
    bytes && parseJson(Buffer.from(bytes), { exactNumbers: true }),
  timestampFromMilliseconds: (millis) => instantOf(millis * 1_000n),
  timestampFromMicroseconds: instantOf,
  timestampFromNanoseconds: (nanos) => instantOf(nanos / 1_000n),
  dateFromDays: dayValue,
};

/** Reads a Parquet file, one row group after the other. */
export async function* readParquet(source: ByteSource): InputRows {
  const file = await spool(source, MAX_FILE_BYTES);
  try {
    yield* rowsOf(await bufferOf(file));
  } catch (error) {
    throw error instanceof SluiceError ? error : notParquet(error as Error);
  } finally {
    await file.close();
  }
}

async function* rowsOf(file: AsyncBuffer): InputRows {
  const metadata = await readMetadata(file);
  refuseExcess(metadata.num_rows, file.byteLength);
  const columns = parquetSchema(metadata).children.map(asColumn);
  let start = 0;
  for (const group of metadata.row_groups) {
    refuseExcess(group.num_rows, file.byteLength);
    await checkRowGroup(file, group);
    const end = start + Number(group.num_rows);
    // In a generator of its own, so that a group is let go before the next one is decoded.
    yield* groupRows(columns, await readGroup(file, metadata, start, end), start + 1, end - start);
    start = end;
  }
}

function* groupRows(
  columns: readonly ParquetColumn[],
  decoded: ReadonlyMap<string, DecodedArray>,
  firstLine: number,
  rows: number,
): Generator<InputRow[]> {
  const names = columns.map(({ name }) => name);
  const values = columns.map(({ name, convert }) => ({ convert, data: decoded.get(name) }));
  for (let first = 0; first < rows; first += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, rows - first);
    yield Array.from({ length: count }, (_, offset): InputRow => {
      const row = values.map(({ convert, data }) => convert(data?.[first + offset] as unknown));
      return { line: firstLine + first + offset, names, values: row };
    });
  }
}

async function readMetadata(file: AsyncBuffer): Promise<FileMetaData> {
  if (file.byteLength < 12) throw new BadParquet("it is too short");
  const tail = new DataView(await file.slice(file.byteLength - 8));
  if (tail.getUint32(0, true) > MAX_FOOTER_BYTES) throw new BadParquet("its footer is too long");
  return parquetMetadataAsync(file);
}

async function readGroup(
  file: AsyncBuffer,
  metadata: FileMetaData,
  rowStart: number,
  rowEnd: number,
): Promise<ReadonlyMap<string, DecodedArray>> {
  const columns = new Map<string, DecodedArray>();
  await parquetRead({
    file,
    metadata,
    rowStart,
    rowEnd,
    compressors: COMPRESSORS,
    parsers: PARSERS,
    onChunk: ({ columnName, columnData }) => columns.set(columnName, columnData),
  });
  for (const [name, { length }] of columns) {
    if (length !== rowEnd - rowStart) throw new BadParquet(`column "${name}" has missing rows`);
  }
  return columns;
}

interface ParquetColumn {
  readonly name: string;
  readonly convert: (value: unknown) => unknown;
}

function asColumn({ element }: SchemaTree): ParquetColumn {
  const { name, type, converted_type: converted } = element;
  if (converted === "DECIMAL") throw unsupported(name, "decimal; cast it to text, int64 or double");
  const isText = converted !== undefined || element.logical_type !== undefined;
  if (type?.endsWith("BYTE_ARRAY") && !isText) throw unsupported(name, "binary");
  const isFloat = type === "DOUBLE" || type === "FLOAT";
  return { name, convert: isFloat ? floatOrNull : plain };
}

function floatOrNull(value: unknown): unknown {
  return typeof value === "number" ? floatValue(value) : null;
}

function plain(value: unknown): unknown {
  return value ?? null;
}

async function bufferOf(file: FileHandle): Promise<AsyncBuffer> {
  const { size } = await file.stat();
  return {
    byteLength: size,
    slice: async (start, end = size) => {
      if (!(start >= 0 && end >= start && end <= size)) throw new BadParquet("it is cut short");
      const buffer = new ArrayBuffer(end - start);
      await file.read(new Uint8Array(buffer), 0, end - start, start);
      return buffer;
    },
  };
}

function unsupported(column: string, type: string): SluiceError {
  return invalidArgument("/body", `has column "${column}" of a type that is not taken: ${type}`);
}

function notParquet(error: Error): SluiceError {
  return invalidArgument("/body", `is not a Parquet file that can be read: ${error.message}`);
}
