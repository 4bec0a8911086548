import { sql } from "kysely";
import type { Queryable } from "../data-loader.ts";

/** Keeps the deletions of a dataset one after the other: each has to see what the others have released. */
export async function lockDataset(db: Queryable, datasetId: string): Promise<void> {
  const query = sql`select from data.datasets where dataset_id = ${datasetId}::bigint for update`;
  await db.run("data.lock_dataset", query);
}

/** From draft or sealed to deleting: nobody can read it from now on. */
export async function markDeleting(
  db: Queryable,
  datasetId: string,
  version: number,
): Promise<void> {
  const query = sql`
    update data.versions set state = 'deleting'
    where dataset_id = ${datasetId}::bigint and version = ${version}::int and state in ('draft', 'sealed')`;
  await db.run("data.mark_deleting", query, { idempotent: true });
}

/** Lets go of what a version consists of. Segments that no other version has are marked for the purge. */
export async function releaseSegments(
  db: Queryable,
  datasetId: string,
  version: number,
): Promise<void> {
  const released = sql<{ segment_id: string }>`
    with places as (
      delete from data.version_segments
      where dataset_id = ${datasetId}::bigint and version = ${version}::int
      returning segment_id
    ),
    parts as (
      delete from data.parts
      where dataset_id = ${datasetId}::bigint and version = ${version}::int
      returning segment_id
    )
    select segment_id from places union select segment_id from parts`;
  const rows = await db.run("data.release_segments", released);
  const orphaned = sql`
    update data.segments as segment set state = 'purging', touched_at = now()
    where segment.dataset_id = ${datasetId}::bigint
      and segment.segment_id = any(${rows.map(({ segment_id }) => segment_id)}::bigint[])
      and not exists (
        select from data.version_segments as used
        where used.dataset_id = segment.dataset_id and used.segment_id = segment.segment_id
      )`;
  await db.run("data.orphan_segments", orphaned);
}

/** A segment whose rows are to go. */
export interface DoomedSegment {
  readonly segment_id: string;
  readonly rows: number;
}

/** Segments of a dataset that were whole and are being purged. */
export function listDoomedSegments(db: Queryable, datasetId: string): Promise<DoomedSegment[]> {
  const query = sql<DoomedSegment>`
    select segment_id, rows from data.segments
    where dataset_id = ${datasetId}::bigint and state = 'purging' and rows is not null`;
  return db.run("data.list_doomed_segments", query, { idempotent: true });
}

/** From deleting to deleted. */
export async function markDeleted(
  db: Queryable,
  datasetId: string,
  version: number,
): Promise<void> {
  const query = sql`
    update data.versions set state = 'deleted', deleted_at = now()
    where dataset_id = ${datasetId}::bigint and version = ${version}::int and state = 'deleting'`;
  await db.run("data.mark_deleted", query, { idempotent: true });
}
