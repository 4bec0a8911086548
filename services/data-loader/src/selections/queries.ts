import { sql } from "kysely";
import type { Queryable } from "../data-loader.ts";
import { BLOCK_BYTES } from "../versions/mask.ts";
import type { SampleFilter } from "./sample-filter.ts";

/** A segment of a sealed version, as a selection sees it. */
export interface SourceSegment {
  /** The segment that has the rows. */
  readonly segment_id: string;
  readonly rows: number;
  readonly sha256: string;
}

/** What a version's samples are chosen from, in order: segments with rows of their own. */
export function listSources(
  db: Queryable,
  datasetId: string,
  version: number,
): Promise<SourceSegment[]> {
  const query = sql<SourceSegment>`
    select source.segment_id, source.rows, source.sha256
    from data.version_segments as place
    join data.segments as segment
      on segment.dataset_id = place.dataset_id and segment.segment_id = place.segment_id
    join data.segments as source on source.dataset_id = segment.dataset_id
      and source.segment_id = coalesce(segment.source_segment_id, segment.segment_id)
    where place.dataset_id = ${datasetId}::bigint and place.version = ${version}::int
    order by place.first_ordinal`;
  return db.run("data.list_sources", query, { idempotent: true });
}

/**
 * The positions of a segment from `first` to `last` whose samples fit a filter. Lists are subqueries, which the server
 * hashes: compared one by one they would take a minute.
 */
export async function choosePositions(
  db: Queryable,
  datasetId: string,
  segmentId: string,
  { first, last }: { readonly first: number; readonly last: number },
  filter: SampleFilter,
): Promise<number[]> {
  const {
    labels = null,
    created_from: from = null,
    created_to: to = null,
    sample_ids: ids = null,
    feature_hashes: hashes = null,
  } = filter;
  const query = sql<{ positions: string }>`
    select coalesce(string_agg(sample.position::text, ','), '') as positions
    from data.sample_metadata as sample
    where sample.dataset_id = ${datasetId}::bigint and sample.segment_id = ${segmentId}::bigint
      and sample.position between ${first}::int and ${last}::int
      and (${labels}::text[] is null or sample.label in (select unnest(${labels}::text[]))
        or sample.label is null and array_position(${labels}::text[], null) is not null)
      and (sample.created_at >= ${from}::timestamptz) is not false
      and (sample.created_at < ${to}::timestamptz) is not false
      and (${ids}::text[] is null or sample.sample_id in (select unnest(${ids}::text[])))
      and (${hashes}::text[] is null or sample.feature_hash in (select unnest(${hashes}::text[])))`;
  const [row] = await db.run("data.choose_positions", query, { idempotent: true });
  const { positions } = row!;
  return positions === "" ? [] : positions.split(",").map(Number);
}

/** Keeps a version as it is until the transaction ends. @returns whether it is sealed */
export async function shareSealed(
  db: Queryable,
  datasetId: string,
  version: number,
): Promise<boolean> {
  const query = sql`
    select 1 from data.versions
    where dataset_id = ${datasetId}::bigint and version = ${version}::int and state = 'sealed'
    for share`;
  return (await db.run("data.share_sealed", query)).length > 0;
}

/** Begins a selection of a segment's rows. @returns its id */
export async function insertSelection(
  db: Queryable,
  datasetId: string,
  sourceSegmentId: string,
): Promise<string> {
  const query = sql<{ segment_id: string }>`
    insert into data.segments (dataset_id, source_segment_id)
    values (${datasetId}::bigint, ${sourceSegmentId}::bigint) returning segment_id`;
  const [row] = await db.run("data.insert_selection", query);
  return row!.segment_id;
}

/** Stores the bits of a selection from block `first` on. */
export async function insertBlocks(
  db: Queryable,
  datasetId: string,
  segmentId: string,
  { first, bits }: { readonly first: number; readonly bits: Uint8Array },
): Promise<void> {
  const blocks = Array.from({ length: bits.length / BLOCK_BYTES }, (_, index) =>
    bits.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES),
  );
  const query = sql`
    insert into data.selected_blocks (dataset_id, segment_id, block, bits)
    select ${datasetId}::bigint, ${segmentId}::bigint, ${first}::int + place - 1, bits
    from unnest(${blocks}::bytea[]) with ordinality as block (bits, place)`;
  await db.run("data.insert_blocks", query);
}

/** Makes a selection whole. */
export async function completeSelection(
  db: Queryable,
  datasetId: string,
  segmentId: string,
  { rows, sha256 }: { readonly rows: number; readonly sha256: string },
): Promise<void> {
  const query = sql`
    update data.segments set state = 'whole', rows = ${rows}::int, sha256 = ${sha256}, touched_at = now()
    where dataset_id = ${datasetId}::bigint and segment_id = ${segmentId}::bigint and state = 'loading'`;
  await db.run("data.complete_selection", query);
}
