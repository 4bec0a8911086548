import { explain, openScratchDatabase, type ScratchDatabase } from "@sluice/testing";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { purgeForsaken } from "../segments/janitor.ts";
import {
  deleteSegment,
  giveUpSegment,
  insertSegment,
  purgeRows,
  type SegmentKey,
  touchSegment,
} from "../segments/queries.ts";
import { findDuplicates } from "../versions/seal-queries.ts";
import { Batch } from "./batch.ts";
import { insertBatch } from "./queries.ts";
import { SegmentWriter } from "./segment-writer.ts";

let scratch: ScratchDatabase;
let superuser: postgres.Sql;
let datasetId: string;

beforeAll(async () => {
  scratch = await openScratchDatabase("import");
  superuser = postgres(scratch.superuserUrl, { max: 1 });
  await superuser`insert into auth.tenants (name) values ('t')`;
  await superuser`insert into auth.projects (tenant_id, name) select tenant_id, 'p' from auth.tenants`;
  const [dataset] = await superuser`
    insert into data.datasets (project_id, name) select project_id, 'd' from auth.projects returning dataset_id`;
  datasetId = String(dataset!["dataset_id"]);
}, 60_000);

afterAll(async () => {
  await superuser.end();
  await scratch.stop();
});

const row = (sampleId: string) => ({
  sampleId,
  featureHash: "h",
  label: null,
  uri: 'quoted " and \\ and {braces}',
  createdAt: "2026-01-02T03:04:05.000000Z",
  attributes: String.raw`{"a":"\"\\","b":1.0}`,
  canonical: "{}",
});

function batchOf(first: number, ids: readonly string[]): Batch {
  const batch = new Batch(first);
  for (const id of ids) batch.add(row(id));
  return batch;
}

const rowsOf = ({ segmentId }: SegmentKey) => superuser`
  select position, sample_id, label, uri, attributes::text from data.sample_metadata
  where segment_id = ${segmentId} order by position`;

test("a batch is stored as it is, and once however often it is sent", async () => {
  const segment = await insertSegment(scratch.db, datasetId);
  for (let time = 0; time < 2; time += 1)
    expect(await insertBatch(scratch.db, segment, batchOf(5, ["a", "b"]))).toBe(2);
  const common = { label: null, uri: 'quoted " and \\ and {braces}' };
  const attributes = String.raw`{"a": "\"\\", "b": 1.0}`;
  expect([...(await rowsOf(segment))]).toEqual([
    { position: 5, sample_id: "a", ...common, attributes },
    { position: 6, sample_id: "b", ...common, attributes },
  ]);
});

test("nothing is stored in a segment that was given up", async () => {
  const segment = await insertSegment(scratch.db, datasetId);
  await giveUpSegment(scratch.db, segment);
  expect(await insertBatch(scratch.db, segment, batchOf(0, ["a"]))).toBe(0);
  expect(await rowsOf(segment)).toHaveLength(0);
  const writer = new SegmentWriter(scratch.db, segment, () => undefined);
  writer.add(row("a"));
  await expect(writer.finish()).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
  await writer.end();
});

test("the janitor purges what nobody was heard of, and leaves what is being loaded", async () => {
  const forsaken = await insertSegment(scratch.db, datasetId);
  const heard = await insertSegment(scratch.db, datasetId);
  for (const segment of [forsaken, heard])
    await insertBatch(scratch.db, segment, batchOf(0, ["a", "b"]));
  await superuser`update data.segments set touched_at = now() - interval '601 s' where state = 'loading'`;
  await touchSegment(scratch.db, heard);
  await purgeForsaken(scratch.db);
  expect(await rowsOf(forsaken)).toHaveLength(0);
  expect(await rowsOf(heard)).toHaveLength(2);
  const left = await superuser`
    select segment_id::text from data.segments where segment_id in (${forsaken.segmentId}, ${heard.segmentId})`;
  expect(left.map(({ segment_id }) => segment_id as string)).toEqual([heard.segmentId]);
});

test("a purge takes the next rows by range, wherever they begin", async () => {
  const segment = await insertSegment(scratch.db, datasetId);
  for (const first of [0, 3, 100])
    await insertBatch(scratch.db, segment, batchOf(first, ["a", "b"]));
  expect(await purgeRows(scratch.db, segment, 2)).toBeUndefined();
  await giveUpSegment(scratch.db, segment);
  const steps: (number | undefined)[] = [];
  for (let step = 0; step < 4; step += 1) steps.push(await purgeRows(scratch.db, segment, 5));
  expect(steps).toEqual([4, 2, 0, 0]);
  await deleteSegment(scratch.db, segment);
  expect(await purgeRows(scratch.db, segment, 5)).toBeUndefined();
});

test("looking for duplicates among 100,000 samples is one probe of the index for each new one", async () => {
  const [old, fresh] = [
    await insertSegment(scratch.db, datasetId),
    await insertSegment(scratch.db, datasetId),
  ];
  await superuser`
    insert into data.sample_metadata (dataset_id, segment_id, position, created_at, sample_id, feature_hash)
    select ${datasetId}::bigint, ${old.segmentId}::bigint, n, now(), 'old' || n, 'h' from generate_series(0, 99999) as n
    union all
    select ${datasetId}::bigint, ${fresh.segmentId}::bigint, n, now(), case n when 7 then 'old77' else 'new' || n end, 'h'
    from generate_series(0, 999) as n`;
  await superuser`vacuum analyze data.sample_metadata`;
  const among = [old, fresh].map(({ segmentId }) => ({
    segment_id: segmentId,
    source_segment_id: null,
  }));
  const find = (db: Parameters<typeof findDuplicates>[0]) =>
    findDuplicates(db, fresh, { first: 0, last: 999 }, among, 10);
  expect(await find(scratch.db)).toEqual([{ sample_id: "old77", count: 2 }]);
  const nodes = await explain(scratch, superuser, find);
  const probes = nodes.filter((node) => node["Index Name"] === "sample_metadata_sample_id_idx");
  expect(probes.map((node) => [node["Node Type"], node["Actual Loops"]])).toEqual([
    ["Index Only Scan", 1_000],
  ]);
});
