import { sql } from "kysely";
import type { Queryable } from "../data-loader.ts";
import type { ContentOfSegment, PlacedSegment } from "./content.ts";
import { isSelected, type VersionState } from "./queries.ts";

/** What a version will consist of. */
export interface ContentSegment extends ContentOfSegment {
  /** Of a selection: the segment whose rows it has some of. */
  readonly source_segment_id: string | null;
  /** It came with the base version, whose samples are known to differ from each other. */
  readonly is_shared: boolean;
}

/** Segments of the base version in their order, then the parts by id. */
export function listContent(
  db: Queryable,
  datasetId: string,
  version: number,
): Promise<ContentSegment[]> {
  const query = sql<ContentSegment>`
    select segment.segment_id, segment.source_segment_id, segment.rows, segment.sha256, content.is_shared
    from (
      select base.segment_id, true as is_shared, base.first_ordinal, '' collate "C" as part
      from data.versions as draft
      join data.version_segments as base
        on base.dataset_id = draft.dataset_id and base.version = draft.base_version
      where draft.dataset_id = ${datasetId}::bigint and draft.version = ${version}::int
      union all
      select part.segment_id, false, 0, part.part
      from data.parts as part
      where part.dataset_id = ${datasetId}::bigint and part.version = ${version}::int
    ) as content
    join data.segments as segment
      on segment.dataset_id = ${datasetId}::bigint and segment.segment_id = content.segment_id
    order by content.is_shared desc, content.first_ordinal, content.part`;
  return db.run("data.list_content", query, { idempotent: true });
}

export interface Duplicate {
  readonly sample_id: string;
  readonly count: number;
}

/**
 * Samples at positions `first` to `last` of a segment whose id occurs more than once in the segments: one probe of the
 * index by sample id for each, whatever the statistics say, as the lateral query is an aggregate.
 */
export function findDuplicates(
  db: Queryable,
  { datasetId, segmentId }: { datasetId: string; segmentId: string },
  { first, last }: { first: number; last: number },
  among: readonly Pick<ContentSegment, "segment_id" | "source_segment_id">[],
  most: number,
): Promise<Duplicate[]> {
  const rowsIn = among.map(({ segment_id, source_segment_id: source }) => source ?? segment_id);
  const selections = among.map(({ segment_id, source_segment_id: source }) => source && segment_id);
  const selection = sql`(${selections}::bigint[])[array_position(${rowsIn}::bigint[], twin.segment_id)]`;
  const query = sql<Duplicate>`
    select fresh.sample_id, twins.count
    from (
      select distinct sample_id from data.sample_metadata
      where dataset_id = ${datasetId}::bigint and segment_id = ${segmentId}::bigint
        and position between ${first}::int and ${last}::int
    ) as fresh
    cross join lateral (
      select count(*)::int as count from data.sample_metadata as twin
      where twin.dataset_id = ${datasetId}::bigint and twin.sample_id = fresh.sample_id
        and twin.segment_id = any(${rowsIn}::bigint[])
        and (${selection} is null or ${isSelected(datasetId, selection, sql`twin.position`)})
    ) as twins
    where twins.count > 1
    limit ${most}::int`;
  return db.run("data.find_duplicates", query, { idempotent: true });
}

/** The state of a version and of its base, neither of which changes until the transaction ends. */
export interface LockedVersion {
  readonly state: VersionState;
  readonly base_version: number | null;
  readonly base_state: VersionState | null;
}

/**
 * Locks a version, and first, as it is older, its base: versions are locked in the order of their numbers, so that no
 * two transactions wait for each other.
 */
export async function lockVersion(
  db: Queryable,
  datasetId: string,
  version: number,
): Promise<LockedVersion | undefined> {
  const lock = sql`
    select from data.versions
    where dataset_id = ${datasetId}::bigint and version in (
      select unnest(array[version, base_version]) from data.versions
      where dataset_id = ${datasetId}::bigint and version = ${version}::int
    )
    order by version
    for update`;
  await db.run("data.lock_version", lock);
  const query = sql<LockedVersion>`
    select draft.state, draft.base_version, base.state as base_state
    from data.versions as draft
    left join data.versions as base
      on base.dataset_id = draft.dataset_id and base.version = draft.base_version
    where draft.dataset_id = ${datasetId}::bigint and draft.version = ${version}::int`;
  const [row] = await db.run("data.find_locked_version", query);
  return row;
}

/** Says what a version consists of. */
export async function insertVersionSegments(
  db: Queryable,
  datasetId: string,
  version: number,
  segments: readonly PlacedSegment[],
): Promise<void> {
  const query = sql`
    insert into data.version_segments (dataset_id, version, first_ordinal, segment_id, rows)
    select ${datasetId}::bigint, ${version}::int, placed.first_ordinal, placed.segment_id, placed.rows
    from unnest(
      ${segments.map(({ firstOrdinal }) => firstOrdinal)}::bigint[],
      ${segments.map(({ segment_id }) => segment_id)}::bigint[],
      ${segments.map(({ rows }) => rows)}::int[]
    ) as placed (first_ordinal, segment_id, rows)`;
  await db.run("data.insert_version_segments", query);
}

/** From draft to sealed. */
export async function markSealed(
  db: Queryable,
  datasetId: string,
  version: number,
  { samples, fingerprint }: { samples: number; fingerprint: string },
): Promise<void> {
  const query = sql`
    update data.versions
    set state = 'sealed', samples = ${samples}::bigint, fingerprint = ${fingerprint}, sealed_at = now()
    where dataset_id = ${datasetId}::bigint and version = ${version}::int and state = 'draft'`;
  await db.run("data.mark_sealed", query);
}
