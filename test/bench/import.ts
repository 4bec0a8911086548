import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { zstdCompressSync } from "node:zlib";
import { readStack } from "@sluice/testing";
import postgres from "postgres";
import { type ImportProject, importProject } from "../integration/import-project.ts";
import { interleave } from "./interleaved.ts";
import { renderTable } from "./table.ts";

const NDJSON = "application/x-ndjson";

/** Uploads against a bare COPY of the same rows into the same table with the same indexes, in turns. */
export async function benchImport(rows: number, rounds: number): Promise<string> {
  const project = await importProject();
  const superuser = postgres(readStack().postgres.url, { max: 1, onnotice: () => {} });
  try {
    const lines = Buffer.from(sampleLines(rows));
    const upload = async (
      body: string | Uint8Array,
      options: { type: string; encoding?: string },
    ) => {
      const { status, text } = await project.upload(await project.draft(), body, options);
      if (status !== 200) throw new Error(text);
    };
    await upload(lines, { type: NDJSON });
    const { datasetId, text } = await stored(project, superuser);
    const zstd = zstdCompressSync(lines);
    const csv = sampleCsv(rows);
    const measured = await interleave(
      [
        { name: "bare COPY", run: () => bareCopy(superuser, datasetId, text) },
        { name: "upload of NDJSON", run: () => upload(lines, { type: NDJSON }) },
        { name: "NDJSON with zstd", run: () => upload(zstd, { type: NDJSON, encoding: "zstd" }) },
        { name: "upload of CSV", run: () => upload(csv, { type: "text/csv" }) },
      ],
      { rounds, iterations: 1, clients: 1 },
    );
    return renderTable(`Imports of ${rows.toLocaleString("en")} rows`, measured);
  } finally {
    await superuser.end();
  }
}

function* samples(rows: number): Generator<readonly [string, string, string, number, string]> {
  for (let row = 0; row < rows; row += 1) {
    const id = `f${String(row).padStart(9, "0")}`;
    const time = new Date(978_307_200_000 + row * 60_000).toISOString();
    yield [id, row % 5 === 0 ? "late" : "on_time", time, (row * 7) % 180, `A${row % 300}`];
  }
}

function sampleLines(rows: number): string {
  let lines = "";
  for (const [sample_id, label, created_at, delay, origin] of samples(rows))
    lines += `${JSON.stringify({ sample_id, label, created_at, delay, origin })}\n`;
  return lines;
}

function sampleCsv(rows: number): string {
  let lines = "sample_id,label,created_at,delay,origin\n";
  for (const row of samples(rows)) lines += `${row.join()}\n`;
  return lines;
}

/** What an upload has stored, as COPY writes it, without dataset and segment. */
async function stored(
  project: ImportProject,
  superuser: postgres.Sql,
): Promise<{ datasetId: string; text: Buffer }> {
  const [dataset] = await superuser`
    select dataset_id from data.datasets join auth.projects using (project_id)
    where projects.name = ${project.project} and datasets.name = ${project.dataset}`;
  const datasetId = String(dataset!["dataset_id"]);
  const copy = await superuser
    .unsafe(
      `copy (
        select position, created_at, sample_id, feature_hash, label, uri, attributes from data.sample_metadata
        where dataset_id = ${datasetId} order by position
      ) to stdout`,
    )
    .readable();
  const chunks: Buffer[] = [];
  for await (const chunk of copy) chunks.push(chunk as Buffer);
  return { datasetId, text: Buffer.concat(chunks) };
}

/** The quickest way into the table: one statement on a connection without a pooler, rows ready-made. */
async function bareCopy(superuser: postgres.Sql, datasetId: string, text: Buffer): Promise<void> {
  const [segment] = await superuser`
    insert into data.segments (dataset_id) values (${datasetId}::bigint) returning segment_id`;
  const prefix = Buffer.from(`${datasetId}\t${segment!["segment_id"]}\t`);
  const copy = await superuser.unsafe("copy data.sample_metadata from stdin").writable();
  await pipeline(Readable.from(prefixed(text, prefix)), copy);
}

function* prefixed(text: Buffer, prefix: Buffer): Generator<Buffer> {
  let chunk: Buffer[] = [];
  let start = 0;
  for (let end = text.indexOf(10); end >= 0; end = text.indexOf(10, start)) {
    chunk.push(prefix, text.subarray(start, end + 1));
    start = end + 1;
    if (chunk.length < 2_000) continue;
    yield Buffer.concat(chunk);
    chunk = [];
  }
  yield Buffer.concat(chunk);
}
