import { createHash } from "node:crypto";
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { type Answer, ANSWER_TYPES, encodeAnswer } from "@sluice/data-loader/encodings";
import { interleave, type Variant } from "./interleaved.ts";
import { median, percentile } from "./table.ts";

const ROWS = 1_000;
const COLUMNS = ["sample_id", "feature_hash", "label", "uri", "created_at"] as const;
type Row = Readonly<Record<(typeof COLUMNS)[number], string | null>>;

const { ZSTD_c_compressionLevel: LEVEL, BROTLI_PARAM_QUALITY: QUALITY } = zlib.constants;
const gzip = promisify(zlib.gzip);
const zstd = promisify(zlib.zstdCompress);
const brotli = promisify(zlib.brotliCompress);

const CODINGS: Readonly<Record<string, (body: Buffer) => Promise<Buffer> | Buffer>> = {
  identity: (body) => body,
  "gzip 1": (body) => gzip(body, { level: 1 }),
  "gzip 6": (body) => gzip(body, { level: 6 }),
  "zstd 1": (body) => zstd(body, { params: { [LEVEL]: 1 } }),
  "zstd 3": (body) => zstd(body, { params: { [LEVEL]: 3 } }),
  "brotli 4": (body) => brotli(body, { params: { [QUALITY]: 4 } }),
};

/** What 1,000 samples cost to encode, and how long they are, in every media type and content coding. */
export async function benchEncodings(rounds: number): Promise<string> {
  const rows = makeRows();
  const answer = asAnswer(rows);
  const types: Readonly<Record<string, () => Buffer>> = {
    "row objects as JSON": () => Buffer.from(JSON.stringify(rows)),
    ...Object.fromEntries(ANSWER_TYPES.map((type) => [type, () => encodeAnswer(type, answer)])),
  };
  const bytes = new Map<string, number>();
  const variants = Object.entries(types).flatMap(([type, encode]) =>
    Object.entries(CODINGS).map(([coding, compress]): Variant => {
      const name = `${type} | ${coding}`;
      return { name, run: async () => bytes.set(name, (await compress(encode())).length) };
    }),
  );
  const measured = await interleave(variants, { rounds, iterations: 20, clients: 1 });
  const base = measured[0]!;
  const lines = measured.map(({ name, latencies, cpu }) =>
    [
      "",
      name,
      percentile(latencies, 0.5).toFixed(2),
      percentile(latencies, 0.99).toFixed(2),
      (median(cpu) / 1_000).toFixed(2),
      bytes.get(name)!.toLocaleString("en"),
      `${((100 * bytes.get(name)!) / bytes.get(base.name)!).toFixed(0)} %`,
      latencies.length,
      "",
    ].join(" | "),
  );
  return [
    `## Encodings of ${ROWS.toLocaleString("en")} samples × ${COLUMNS.length} columns`,
    "",
    "| type | coding | p50 ms | p99 ms | CPU ms | bytes | of row JSON | samples |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...lines.map((line) => line.trim()),
    "",
  ].join("\n");
}

function makeRows(): Row[] {
  return Array.from({ length: ROWS }, (_, index) => {
    const feature_hash = createHash("sha256").update(String(index)).digest("hex");
    return {
      sample_id: `f${String(index).padStart(9, "0")}`,
      feature_hash,
      label: index % 7 === 0 ? null : ["late", "on_time"][index % 2]!,
      uri: `s3://bucket/flights/${feature_hash.slice(0, 2)}/${feature_hash.slice(2, 18)}.npy`,
      created_at: `${new Date(Date.UTC(2001, 0, 1) + index * 61_000).toISOString().slice(0, 19)}.000000Z`,
    };
  });
}

/** The rows as the database gives them. */
function asAnswer(rows: readonly Row[]): Answer {
  const columns = COLUMNS.map((name) => ({
    name,
    type: name === "created_at" ? ("instant" as const) : ("text" as const),
    text: `[${rows.map((row) => JSON.stringify(row[name])).join(", ")}]`,
  }));
  return { members: { version: 1 }, count: rows.length, columns, beside: [] };
}
