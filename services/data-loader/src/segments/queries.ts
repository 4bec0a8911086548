import { sql } from "kysely";
import type { Queryable } from "../data-loader.ts";

export interface SegmentKey {
  readonly datasetId: string;
  readonly segmentId: string;
}

/** Begins a segment. It belongs to whoever loads it until it is whole. */
export async function insertSegment(db: Queryable, datasetId: string): Promise<SegmentKey> {
  const query = sql<{ segment_id: string }>`
    insert into data.segments (dataset_id) values (${datasetId}::bigint) returning segment_id`;
  const [row] = await db.run("data.insert_segment", query);
  return { datasetId, segmentId: row!.segment_id };
}

/** Says that a segment is still being loaded. */
export async function touchSegment(
  db: Queryable,
  { datasetId, segmentId }: SegmentKey,
): Promise<void> {
  const query = sql`
    update data.segments set touched_at = now()
    where dataset_id = ${datasetId}::bigint and segment_id = ${segmentId}::bigint and state = 'loading'`;
  await db.run("data.touch_segment", query, { idempotent: true });
}

/** Gives a segment up that never became whole. */
export async function giveUpSegment(
  db: Queryable,
  { datasetId, segmentId }: SegmentKey,
): Promise<void> {
  const query = sql`
    update data.segments set state = 'purging', touched_at = now()
    where dataset_id = ${datasetId}::bigint and segment_id = ${segmentId}::bigint and state = 'loading'`;
  await db.run("data.give_up_segment", query, { idempotent: true });
}

/** Datasets with segments that are not whole and of which nobody was heard for `seconds`. */
export async function listForsakenDatasets(db: Queryable, seconds: number): Promise<string[]> {
  const query = sql<{ dataset_id: string }>`
    select distinct dataset_id from data.segments
    where state <> 'whole' and touched_at < now() - make_interval(secs => ${seconds}::double precision)`;
  const rows = await db.run("data.list_forsaken_datasets", query, { idempotent: true });
  return rows.map(({ dataset_id }) => dataset_id);
}

/** Takes over the purge of a dataset's segments of which nobody was heard for `seconds`. */
export async function takeForsakenSegments(
  db: Queryable,
  datasetId: string,
  seconds: number,
): Promise<SegmentKey[]> {
  const query = sql<{ segment_id: string }>`
    update data.segments set state = 'purging', touched_at = now()
    where dataset_id = ${datasetId}::bigint and state <> 'whole'
      and touched_at < now() - make_interval(secs => ${seconds}::double precision)
    returning segment_id`;
  const rows = await db.run("data.take_forsaken_segments", query);
  return rows.map(({ segment_id }) => ({ datasetId, segmentId: segment_id }));
}

/** Marks those of the segments for the purge that no version and no selection has. */
export async function orphanSegments(
  db: Queryable,
  datasetId: string,
  segmentIds: readonly string[],
): Promise<void> {
  const query = sql`
    update data.segments as segment set state = 'purging', touched_at = now()
    where segment.dataset_id = ${datasetId}::bigint and segment.segment_id = any(${segmentIds}::bigint[])
      and segment.state = 'whole'
      and not exists (
        select from data.version_segments as used
        where used.dataset_id = segment.dataset_id and used.segment_id = segment.segment_id
      )
      and not exists (
        select from data.segments as selection
        where selection.dataset_id = segment.dataset_id and selection.source_segment_id = segment.segment_id
      )`;
  await db.run("data.orphan_segments", query, { idempotent: true });
}

/** Deletes some rows of a segment that is being purged. @returns how many; undefined when there is no such segment */
export async function purgeRows(
  db: Queryable,
  { datasetId, segmentId }: SegmentKey,
  most: number,
): Promise<number | undefined> {
  const query = sql<{ gone: number }>`
    with purged as (
      update data.segments set touched_at = now()
      where dataset_id = ${datasetId}::bigint and segment_id = ${segmentId}::bigint and state = 'purging'
      returning dataset_id, segment_id
    )
    select data.purge_rows(dataset_id, segment_id, ${most}::int) as gone from purged`;
  const [row] = await db.run("data.purge_rows", query, { idempotent: true });
  return row?.gone;
}

/** Forgets a segment whose rows are gone, and of a selection its bits. @returns the source that a selection had */
export async function deleteSegment(
  db: Queryable,
  { datasetId, segmentId }: SegmentKey,
): Promise<string | undefined> {
  const query = sql<{ source_segment_id: string | null }>`
    delete from data.segments
    where dataset_id = ${datasetId}::bigint and segment_id = ${segmentId}::bigint and state = 'purging'
      and not exists (
        select from data.sample_metadata
        where dataset_id = ${datasetId}::bigint and segment_id = ${segmentId}::bigint
      )
    returning source_segment_id`;
  const [row] = await db.run("data.delete_segment", query, { idempotent: true });
  return row?.source_segment_id ?? undefined;
}
