import { sql } from "kysely";
import type { Queryable } from "../data-loader.ts";
import { orphanSegments } from "../segments/queries.ts";

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

/** Versions of a dataset that are not deleted yet. */
export async function listLivingVersions(db: Queryable, datasetId: string): Promise<number[]> {
  const query = sql<{ version: number }>`
    select version from data.versions
    where dataset_id = ${datasetId}::bigint and state <> 'deleted' order by version`;
  const rows = await db.run("data.list_living_versions", query, { idempotent: true });
  return rows.map(({ version }) => version);
}

/** Lets go of what a version consists of. Segments that nothing else has are marked for the purge. */
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
  const ids = rows.map(({ segment_id }) => segment_id);
  await orphanSegments(db, datasetId, ids);
}

/** A segment whose rows are to go. */
export interface DoomedSegment {
  readonly segment_id: string;
  readonly rows: number;
}

/** Segments of a dataset that were whole and are being purged; selections first, which their sources wait for. */
export function listDoomedSegments(db: Queryable, datasetId: string): Promise<DoomedSegment[]> {
  const query = sql<DoomedSegment>`
    select segment_id, rows from data.segments
    where dataset_id = ${datasetId}::bigint and state = 'purging' and rows is not null
    order by source_segment_id nulls last`;
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
