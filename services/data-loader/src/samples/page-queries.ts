import { sql } from "kysely";
import type { Queryable } from "../data-loader.ts";
import type { SegmentRange } from "../versions/layout.ts";
import { isSelected, type VersionState } from "../versions/queries.ts";
import {
  bytesUpTo,
  type Column,
  columnNames,
  columnTexts,
  type ColumnTexts,
  FITS,
} from "./columns.ts";
import type { CreatedRange } from "./created-range.ts";

export interface PageQuery {
  readonly datasetId: string;
  readonly version: number;
  readonly columns: readonly Column[];
  readonly created: CreatedRange;
  /** Most rows that are read. */
  readonly limit: number;
}

/** A run of rows in order of ordinal, and the state that the version was in at that moment. */
export interface PageRows {
  /** undefined when there is no such version. */
  readonly state: VersionState | undefined;
  readonly count: number;
  /** Rows that were found as well did not fit: they follow on the next page. */
  readonly isCut: boolean;
  readonly texts: ColumnTexts;
}

/** Of rows that follow each other by ordinal. */
export interface RunRows extends PageRows {
  /** The ordinal of the last row; null when there is none. */
  readonly last: number | null;
}

/** Of rows that stand anywhere. */
export interface SoughtRows extends PageRows {
  /** Where the last row stands; null when there is none. */
  readonly last: Pick<Place, "segmentId" | "position"> | null;
}

/** Where a row stands. */
export interface Place {
  readonly segmentId: string;
  readonly position: number;
  /** Of the version's segment that has the row: it tells the order of segments. */
  readonly firstOrdinal: number;
}

type Row<Last> = {
  state: VersionState;
  count: number;
  is_cut: boolean;
  last: Last | null;
} & ColumnTexts;

/**
 * The first rows of the ranges, which begin with ordinal `first` and follow each other, that were created in time.
 *
 * The work is bounded by the ranges: the primary key is read along them. IS NOT FALSE (true without a bound) keeps the
 * planner from looking for the times in an index instead, and reading rows that are not asked for.
 */
export async function readRun(
  db: Queryable,
  { datasetId, version, columns, created, limit }: PageQuery,
  first: number,
  ranges: readonly SegmentRange[],
): Promise<RunRows> {
  const query = sql<Row<string>>`
    select version.state, found.*
    from data.versions as version
    cross join (
      select count(*) filter (where ${FITS})::int4 as count, count(*) > count(*) filter (where ${FITS}) as is_cut,
        max(sample.ordinal) filter (where ${FITS}) as last, ${columnTexts(columns)}
      from (
        select range.ordinal + sample.position - range.first as ordinal, ${columnNames(columns)},
          ${bytesUpTo(columns, sql`range.ordinal, sample.position`)} as bytes
        from unnest(
          ${ranges.map(({ segmentId }) => segmentId)}::bigint[],
          ${ranges.map((range) => range.first)}::int4[],
          ${ranges.map((range) => range.last)}::int4[],
          ${firstOrdinals(first, ranges)}::bigint[]
        ) as range (segment_id, first, last, ordinal)
        cross join lateral (
          select stored.* from data.sample_metadata as stored
          where stored.dataset_id = ${datasetId}::bigint and stored.segment_id = range.segment_id
            and stored.position between range.first and range.last
            and (stored.created_at >= ${created.from}::timestamptz) is not false
            and (stored.created_at < ${created.to}::timestamptz) is not false
          order by stored.position
          limit ${limit}::int
        ) as sample
        order by range.ordinal, sample.position
        limit ${limit}::int
      ) as sample
    ) as found
    where version.dataset_id = ${datasetId}::bigint and version.version = ${version}::int`;
  const [row] = await db.run("data.read_run", query, { idempotent: true });
  const last = row?.last ?? null;
  return { ...toPage(row), last: last === null ? null : Number(last) };
}

function firstOrdinals(first: number, ranges: readonly SegmentRange[]): number[] {
  let ordinal = first;
  return ranges.map((range) => {
    const own = ordinal;
    ordinal += range.last - range.first + 1;
    return own;
  });
}

/**
 * The first rows from a place on that were created in time, wherever they stand: for times that few rows have. All rows
 * of that time are looked at, which the index on time finds.
 */
export async function seekCreated(
  db: Queryable,
  { datasetId, version, columns, created, limit }: PageQuery,
  from: Place,
): Promise<SoughtRows> {
  const query = sql<Row<[string, string, string]>>`
    select version.state, found.*
    from data.versions as version
    cross join (
      select count(*) filter (where ${FITS})::int4 as count, count(*) > count(*) filter (where ${FITS}) as is_cut,
        max(sample.place) filter (where ${FITS}) as last, ${columnTexts(columns)}
      from (
        select array[part.first_ordinal, sample.segment_id, sample.position] as place, ${columnNames(columns)},
          ${bytesUpTo(columns, sql`part.first_ordinal, sample.position`)} as bytes
        from data.sample_metadata as sample
        join data.segments as segment on segment.dataset_id = sample.dataset_id
          and coalesce(segment.source_segment_id, segment.segment_id) = sample.segment_id
        join data.version_segments as part
          on part.dataset_id = segment.dataset_id and part.segment_id = segment.segment_id
        where sample.dataset_id = ${datasetId}::bigint and part.version = ${version}::int
          and case when segment.source_segment_id is null then part.rows > sample.position
            else ${isSelected(datasetId, sql`segment.segment_id`, sql`sample.position`)} end
          and sample.created_at >= coalesce(${created.from}::timestamptz, '-infinity')
          and sample.created_at < coalesce(${created.to}::timestamptz, 'infinity')
          and (part.first_ordinal, sample.position) >= (${from.firstOrdinal}::bigint, ${from.position}::int)
        order by part.first_ordinal, sample.position
        limit ${limit}::int
      ) as sample
    ) as found
    where version.dataset_id = ${datasetId}::bigint and version.version = ${version}::int`;
  const [row] = await db.run("data.seek_created", query, { idempotent: true });
  const [, segmentId, position] = row?.last ?? [];
  if (segmentId === undefined) return { ...toPage(row), last: null };
  return { ...toPage(row), last: { segmentId, position: Number(position) } };
}

function toPage(row: Row<unknown> | undefined): PageRows {
  if (row === undefined) return { state: undefined, count: 0, isCut: false, texts: {} };
  const { state, count, is_cut: isCut, last: _last, ...texts } = row;
  return { state, count, isCut, texts };
}
