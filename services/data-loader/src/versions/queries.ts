import type { KeysetPage } from "@sluice/http";
import { type RawBuilder, sql } from "kysely";
import type { Queryable } from "../data-loader.ts";

export type VersionState = "draft" | "sealed" | "deleting" | "deleted";

export interface VersionRow {
  readonly dataset_id: string;
  readonly version: number;
  readonly state: VersionState;
  readonly base_version: number | null;
  /** By which its samples were chosen from those of the base. */
  readonly filter: object | null;
  /** Text: it may be beyond 32 bits. Null before it is sealed. */
  readonly samples: string | null;
  readonly fingerprint: string | null;
  readonly created_at: string;
  readonly sealed_at: string | null;
}

const COLUMNS = sql`
  version.dataset_id, version.version, version.state, version.base_version, version.filter, version.samples,
  version.fingerprint, version.created_at, version.sealed_at`;

/** What a version begins with. */
export interface NewVersion {
  readonly baseVersion: number | null;
  readonly idempotencyKey: string | null;
  /** By which samples are chosen from those of the base. */
  readonly filter: object | null;
}

/**
 * Begins the next version of a dataset. The dataset's row is locked by its counter, so that numbers are given out one
 * after the other. No row comes back when the base is not a sealed version of it, or the dataset was deleted.
 */
export async function insertVersion(
  db: Queryable,
  datasetId: string,
  { baseVersion, idempotencyKey, filter }: NewVersion,
): Promise<VersionRow | undefined> {
  const query = sql<VersionRow>`
    with base as (
      select where ${baseVersion}::int is null or exists (
        select from data.versions where dataset_id = ${datasetId}::bigint
          and version = ${baseVersion}::int and state = 'sealed'
      )
    ),
    dataset as (
      update data.datasets set versions = versions + 1, updated_at = now()
      from base where dataset_id = ${datasetId}::bigint and deleted_at is null
      returning dataset_id, versions
    )
    insert into data.versions as version (dataset_id, version, base_version, idempotency_key, filter)
    select dataset_id, versions, ${baseVersion}::int, ${idempotencyKey}, ${filter && JSON.stringify(filter)}::jsonb
    from dataset
    returning ${COLUMNS}`;
  const [row] = await db.run("data.insert_version", query);
  return row;
}

/** The version that was begun with a key. */
export async function findKeyedVersion(
  db: Queryable,
  datasetId: string,
  key: string,
): Promise<VersionRow | undefined> {
  const query = sql<VersionRow>`
    select ${COLUMNS} from data.versions as version
    where version.dataset_id = ${datasetId}::bigint and version.idempotency_key = ${key}`;
  const [row] = await db.run("data.find_keyed_version", query, { idempotent: true });
  return row;
}

export async function findVersion(
  db: Queryable,
  datasetId: string,
  version: number,
): Promise<VersionRow | undefined> {
  const query = sql<VersionRow>`
    select ${COLUMNS} from data.versions as version
    where version.dataset_id = ${datasetId}::bigint and version.version = ${version}::int`;
  const [row] = await db.run("data.find_version", query, { idempotent: true });
  return row;
}

/** The newest sealed version. */
export async function findLatestVersion(
  db: Queryable,
  datasetId: string,
): Promise<VersionRow | undefined> {
  const query = sql<VersionRow>`
    select ${COLUMNS} from data.versions as version
    where version.dataset_id = ${datasetId}::bigint and version.state = 'sealed'
    order by version.version desc limit 1`;
  const [row] = await db.run("data.find_latest_version", query, { idempotent: true });
  return row;
}

/** Versions from the first to the last. */
export function listVersions(
  db: Queryable,
  datasetId: string,
  { after, rows }: KeysetPage,
): Promise<VersionRow[]> {
  const query = sql<VersionRow>`
    select ${COLUMNS} from data.versions as version
    where version.dataset_id = ${datasetId}::bigint and version.version > ${after || "0"}::int
    order by version.version
    limit ${rows}::int`;
  return db.run("data.list_versions", query, { idempotent: true });
}

/** A run of rows at its place in a version. */
export interface SegmentRow {
  readonly segment_id: string;
  /** Of a selection: the segment whose rows it has some of. */
  readonly source_segment_id: string | null;
  /** Ordinal of its first row. */
  readonly first_ordinal: string;
  readonly rows: number;
}

/** What a sealed version consists of, in order, and the state that the version is in: undefined when there is none. */
export async function listSegments(
  db: Queryable,
  datasetId: string,
  version: number,
): Promise<{ state: VersionState | undefined; segments: SegmentRow[] }> {
  const query = sql<SegmentRow & { state: VersionState }>`
    select version.state, place.segment_id, segment.source_segment_id, place.first_ordinal, place.rows
    from data.versions as version
    left join data.version_segments as place
      on place.dataset_id = version.dataset_id and place.version = version.version
    left join data.segments as segment
      on segment.dataset_id = place.dataset_id and segment.segment_id = place.segment_id
    where version.dataset_id = ${datasetId}::bigint and version.version = ${version}::int
    order by place.first_ordinal`;
  const rows = await db.run("data.list_segments", query, { idempotent: true });
  // A version without segments is one row of nulls.
  return { state: rows[0]?.state, segments: rows.filter(({ segment_id }) => segment_id !== null) };
}

export interface MaskRow {
  readonly segment_id: string;
  readonly bits: Uint8Array;
}

/** Which rows of their sources selections have. */
export function listMasks(
  db: Queryable,
  datasetId: string,
  segmentIds: readonly string[],
): Promise<MaskRow[]> {
  const query = sql<MaskRow>`
    select segment_id, string_agg(bits, ''::bytea order by block) as bits from data.selected_blocks
    where dataset_id = ${datasetId}::bigint and segment_id = any(${segmentIds}::bigint[])
    group by segment_id`;
  return db.run("data.list_masks", query, { idempotent: true });
}

/**
 * Whether a selection has a row of its source. The bit alone is read, by the key of its block.
 * @param selection SQL for its id
 * @param position SQL for the row's position
 */
export function isSelected(
  datasetId: string,
  selection: RawBuilder<unknown>,
  position: RawBuilder<unknown>,
): RawBuilder<boolean> {
  return sql`(
    select get_bit(chosen.bits, ${position} & 8191) = 1 from data.selected_blocks as chosen
    where chosen.dataset_id = ${datasetId}::bigint and chosen.segment_id = ${selection}
      and chosen.block = ${position} >> 13
  )`;
}
