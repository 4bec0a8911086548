import { gzipSync, zstdCompressSync } from "node:zlib";
import { Builder } from "flatbuffers";

/** A small upload that claims, or by run lengths and references is, gigabytes. */
export interface Bomb {
  readonly name: string;
  readonly type: string;
  readonly encoding: "identity" | "gzip" | "zstd";
  /** With which it is refused. */
  readonly code: string;
  readonly make: () => Uint8Array;
}

const NDJSON = "application/x-ndjson";
const CSV = "text/csv";
const PARQUET = "application/vnd.apache.parquet";
const ARROW = "application/vnd.apache.arrow.stream";
const MIB = 1024 * 1024;
/** More than a body may always decompress to. */
const filled = (text: string): Buffer => Buffer.alloc(96 * MIB, text);

/** An unsigned number of Thrift's compact protocol. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

/** A field of a struct of Thrift's compact protocol: how far its id is from the last, its type, its bytes. */
const field = (step: number, type: number, bytes: readonly number[]) => [
  step * 16 + type,
  ...bytes,
];
const int = (step: number, value: number) => field(step, 5, varint(value * 2));
const long = (step: number, value: number) => field(step, 6, varint(value * 2));
const text = (value: string) => [...varint(value.length), ...Buffer.from(value)];
const list = (step: number, type: number, items: readonly (readonly number[])[]) =>
  field(step, 9, [items.length * 16 + type, ...items.flat()]);
const struct = (...fields: readonly (readonly number[])[]) => [...fields.flat(), 0];
const nested = (step: number, ...fields: readonly (readonly number[])[]) =>
  field(step, 12, struct(...fields));

/** A list that says to have two billion items, in one that says so, and so on. */
const lists = (depth: number) =>
  Array.from({ length: depth }, () => [0xf9, ...varint(30_000_000)]).flat();

function parquet(body: Uint8Array, footer: readonly number[]): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([
    Buffer.from("PAR1"),
    body,
    Buffer.from(footer),
    length,
    Buffer.from("PAR1"),
  ]);
}

interface Column {
  /** From 4 on. */
  readonly pages: Uint8Array;
  readonly rows: number;
  readonly values?: number;
  /** @default that of the pages */
  readonly bytes?: number;
}

/** A file of one row group, with the column `sample_id` of texts that may be missing. */
function parquetColumn({ pages, rows, values = rows, bytes = pages.length }: Column): Uint8Array {
  const meta = nested(
    1,
    int(1, 6),
    list(1, 5, [varint(0)]),
    list(1, 8, [text("sample_id")]),
    int(1, 0),
    long(1, values),
    long(1, bytes),
    long(1, bytes),
    long(2, 4),
  );
  const footer = struct(
    int(1, 1),
    list(1, 12, [
      struct(field(4, 8, text("schema")), int(1, 1)),
      struct(int(1, 6), int(2, 1), field(1, 8, text("sample_id")), int(2, 0)),
    ]),
    long(1, rows),
    list(1, 12, [struct(list(1, 12, [struct(long(2, 4), meta)]), long(1, bytes), long(1, rows))]),
  );
  return parquet(pages, footer);
}

/** A page of plain values; `levels` are those that say which values are there. */
function page(values: number, levels: readonly number[], claimed?: number): Uint8Array {
  const data = Buffer.alloc(4 + levels.length);
  data.writeUInt32LE(levels.length);
  data.set(levels, 4);
  const head = struct(
    int(1, 0),
    int(1, claimed ?? data.length),
    int(1, data.length),
    nested(2, int(1, values), int(1, 0), int(1, 3), int(1, 3)),
  );
  return Buffer.concat([Buffer.from(head), data]);
}

/** A run of so many times the level 0, which says that the value is missing. */
const missing = (count: number) => [...varint(count * 2), 0];

/** A message of an Arrow stream, with a body of zeros. */
function message(
  kind: number,
  header: (builder: Builder) => number,
  body = 0n,
  sent = 0,
): Uint8Array {
  const builder = new Builder(1_024);
  const offset = header(builder);
  builder.startObject(5);
  builder.addFieldInt16(0, 4, 0);
  builder.addFieldInt8(1, kind, 0);
  builder.addFieldOffset(2, offset, 0);
  builder.addFieldInt64(3, body, 0n);
  builder.finish(builder.endObject());
  const metadata = builder.asUint8Array();
  const padded = Math.ceil(metadata.length / 8) * 8;
  const whole = Buffer.alloc(8 + padded + sent);
  whole.writeInt32LE(-1);
  whole.writeInt32LE(padded, 4);
  whole.set(metadata, 8);
  return whole;
}

/** `sample_id` as a text, or as a word of dictionary 0. */
function schema(fields: (builder: Builder) => number[]): Uint8Array {
  return message(1, (builder) => {
    const all = fields(builder);
    builder.startVector(4, all.length, 4);
    for (const one of all.toReversed()) builder.addOffset(one);
    const vector = builder.endVector();
    builder.startObject(4);
    builder.addFieldOffset(1, vector, 0);
    return builder.endObject();
  });
}

function textField(builder: Builder, name: string, children = 0, dictionary = false): number {
  const label = builder.createString(name);
  builder.startObject(0);
  const type = builder.endObject();
  let encoding = 0;
  if (dictionary) {
    builder.startObject(2);
    builder.addFieldInt32(0, 32, 0);
    builder.addFieldInt8(1, 1, 0);
    const index = builder.endObject();
    builder.startObject(4);
    builder.addFieldInt64(0, 0n, 1n);
    builder.addFieldOffset(1, index, 0);
    encoding = builder.endObject();
  }
  builder.startObject(7);
  builder.addFieldOffset(0, label, 0);
  builder.addFieldInt8(2, children === 0 ? 5 : 13, 0);
  builder.addFieldOffset(3, type, 0);
  if (dictionary) builder.addFieldOffset(4, encoding, 0);
  if (children !== 0) builder.addFieldOffset(5, children, 0);
  return builder.endObject();
}

/** Structs in structs, each of which refers to the next twice: 2^depth columns. */
function doubling(builder: Builder, depth: number): number {
  let child = textField(builder, "x");
  for (let level = 0; level < depth; level += 1) {
    builder.startVector(4, 2, 4);
    builder.addOffset(child);
    builder.addOffset(child);
    child = textField(builder, "x", builder.endVector());
  }
  return child;
}

interface Batch {
  readonly rows: number;
  /** Lengths, one a buffer; each begins where the last ends. */
  readonly buffers: readonly number[];
  /** @default 1 */
  readonly columns?: number;
  /** What the vectors of nodes and buffers say of their lengths. @default the truth */
  readonly claimed?: number;
}

function recordBatch(builder: Builder, { rows, buffers, columns = 1, claimed }: Batch): number {
  builder.startVector(16, buffers.length, 8);
  let end = buffers.reduce((sum, length) => sum + length, 0);
  for (const length of buffers.toReversed()) {
    end -= length;
    builder.prep(8, 16);
    builder.writeInt64(BigInt(length));
    builder.writeInt64(BigInt(end));
  }
  const places = builder.endVector();
  builder.startVector(16, columns, 8);
  for (let column = 0; column < columns; column += 1) {
    builder.prep(8, 16);
    builder.writeInt64(0n);
    builder.writeInt64(BigInt(rows));
  }
  const nodes = builder.endVector();
  if (claimed !== undefined)
    for (const vector of [places, nodes])
      builder.dataBuffer().writeInt32(builder.dataBuffer().capacity() - vector, claimed);
  builder.startObject(5);
  builder.addFieldInt64(0, BigInt(rows), 0n);
  builder.addFieldOffset(1, nodes, 0);
  builder.addFieldOffset(2, places, 0);
  return builder.endObject();
}

const batch = (given: Batch, body: bigint, sent = Number(body)) =>
  message(3, (builder) => recordBatch(builder, given), body, sent);

const texts = schema((builder) => [textField(builder, "sample_id")]);

/** A dictionary of one word of so many bytes, to which each of some rows refers in each of some columns. */
function words(bytes: number, rows: number, columns: number): Uint8Array {
  const fields = schema((builder) =>
    Array.from({ length: columns }, (_, index) => textField(builder, `c${index}`, 0, true)),
  );
  const word = message(
    2,
    (builder) => {
      const data = recordBatch(builder, { rows: 1, buffers: [0, 8, bytes] });
      builder.startObject(3);
      builder.addFieldInt64(0, 0n, 1n);
      builder.addFieldOffset(1, data, 0);
      return builder.endObject();
    },
    BigInt(8 + bytes),
    8 + bytes,
  );
  Buffer.from(word.buffer, word.byteOffset).writeInt32LE(bytes, word.length - bytes - 4);
  word.fill(97, word.length - bytes);
  const buffers = Array.from({ length: columns }, () => [0, rows * 4]).flat();
  const indexes = batch({ rows, buffers, columns }, BigInt(columns * rows * 4));
  return Buffer.concat([fields, word, indexes]);
}

const stream = (one: Uint8Array): Uint8Array => Buffer.concat([texts, one]);

type Row = readonly [
  name: string,
  type: string,
  encoding: Bomb["encoding"],
  code: string,
  make: () => Uint8Array,
];

const ROWS: readonly Row[] = [
  ["a line of zeros", NDJSON, "gzip", "INVALID_ROW", () => filled("\0")],
  ["a line of zeros", NDJSON, "zstd", "INVALID_ROW", () => filled("\0")],
  ["empty lines", NDJSON, "zstd", "PAYLOAD_TOO_LARGE", () => filled("\n")],
  ["empty objects", NDJSON, "zstd", "INVALID_ROW", () => filled("{}\n")],
  ["lists in lists", NDJSON, "zstd", "INVALID_ROW", () => filled("[")],
  [
    "rows of a million fields",
    CSV,
    "zstd",
    "INVALID_ROW",
    () => filled(`${",".repeat(MIB - 8)}\n`),
  ],
  ["a field of zeros", CSV, "gzip", "INVALID_ROW", () => filled("\0")],
  ["zeros", PARQUET, "zstd", "PAYLOAD_TOO_LARGE", () => filled("\0")],
  ["zeros", ARROW, "zstd", "VALIDATION_FAILED", () => filled("\0")],
  [
    "lists in lists in the footer",
    PARQUET,
    "identity",
    "VALIDATION_FAILED",
    () => parquet(Buffer.alloc(8), field(1, 9, lists(200))),
  ],
  [
    "lists in lists in a page's head",
    PARQUET,
    "identity",
    "VALIDATION_FAILED",
    () => parquetColumn({ pages: Buffer.from(field(1, 9, lists(200))), rows: 1 }),
  ],
  [
    "a page that says to decode to a gibibyte",
    PARQUET,
    "identity",
    "VALIDATION_FAILED",
    () => parquetColumn({ pages: page(1, missing(1), 1_024 * MIB), rows: 1 }),
  ],
  [
    "a page of two billion values",
    PARQUET,
    "identity",
    "VALIDATION_FAILED",
    () => parquetColumn({ pages: page(2e9, missing(2e9)), rows: 10 }),
  ],
  [
    "a run far longer than its page",
    PARQUET,
    "identity",
    "INVALID_ROW",
    () => parquetColumn({ pages: page(10, missing(1e9)), rows: 10 }),
  ],
  [
    "a row group of 2^40 rows",
    PARQUET,
    "identity",
    "PAYLOAD_TOO_LARGE",
    () => parquetColumn({ pages: page(10, missing(10)), rows: 2 ** 40 }),
  ],
  [
    "20 million missing values",
    PARQUET,
    "identity",
    "PAYLOAD_TOO_LARGE",
    () => parquetColumn({ pages: page(2e7, missing(2e7)), rows: 2e7 }),
  ],
  [
    "a column of a terabyte",
    PARQUET,
    "identity",
    "VALIDATION_FAILED",
    () => parquetColumn({ pages: page(10, missing(10)), rows: 10, bytes: 2 ** 40 }),
  ],
  [
    "a message of two gibibytes",
    ARROW,
    "identity",
    "VALIDATION_FAILED",
    () => Buffer.from("ffffffffffffff7f0000", "hex"),
  ],
  [
    "a body of 2^60 bytes",
    ARROW,
    "identity",
    "PAYLOAD_TOO_LARGE",
    () => stream(batch({ rows: 1, buffers: [0, 8, 2 ** 40] }, 2n ** 60n, 64)),
  ],
  [
    "a body of which nothing comes",
    ARROW,
    "identity",
    "VALIDATION_FAILED",
    () => stream(batch({ rows: 1, buffers: [0, 8, 2 ** 26] }, 2n ** 26n, 64)),
  ],
  [
    "two billion buffers",
    ARROW,
    "identity",
    "VALIDATION_FAILED",
    () => stream(batch({ rows: 1, buffers: [0, 8, 8], claimed: 2 ** 31 - 1 }, 16n)),
  ],
  [
    "four million rows of nothing",
    ARROW,
    "identity",
    "VALIDATION_FAILED",
    () => stream(batch({ rows: 4e6, buffers: [0, 8, 8] }, 16n)),
  ],
  [
    "2^30 columns",
    ARROW,
    "identity",
    "VALIDATION_FAILED",
    () => schema((builder) => [doubling(builder, 30)]),
  ],
  [
    "a word of 50 MB in each row",
    ARROW,
    "zstd",
    "VALIDATION_FAILED",
    () => words(50 * MIB, 1_000, 1),
  ],
  [
    "a word of 900 kB in each of 500 columns",
    ARROW,
    "zstd",
    "VALIDATION_FAILED",
    () => words(900_000, 1_000, 500),
  ],
];

const ENCODERS = {
  identity: (bytes: Uint8Array) => bytes,
  gzip: gzipSync,
  zstd: zstdCompressSync,
};

/** All of them are refused, and none takes much memory. */
export const BOMBS: readonly Bomb[] = ROWS.map(([name, type, encoding, code, make]) => ({
  name,
  type,
  encoding,
  code,
  make: () => ENCODERS[encoding](make()),
}));
