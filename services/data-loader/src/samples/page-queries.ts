import { sql } from "kysely";
import type { Queryable } from "../data-loader.ts";
import type { SegmentRange } from "../versions/layout.ts";
import type { VersionState } from "../versions/queries.ts";
import { type Column, columnNames, columnTexts, type ColumnTexts } from "./columns.ts";
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
  /** The ordinal of the last row; null when there is none. */
  readonly last: number | null;
  readonly texts: ColumnTexts;
}

type Row = { state: VersionState; count: number; last: string | null } & ColumnTexts;

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
): Promise<PageRows> {
  const query = sql<Row>`
    select version.state, found.*
    from data.versions as version
    cross join (
      select count(*)::int4 as count, max(sample.ordinal) as last, ${columnTexts(columns)}
      from (
        select range.ordinal + sample.position - range.first as ordinal, ${columnNames(columns)}
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
  return toPage(await db.run("data.read_run", query, { idempotent: true }));
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
 * The first rows from ordinal `first` on that were created in time, wherever they stand: for times that few rows have.
 * All rows of that time are looked at, which the index on time finds.
 */
export async function seekCreated(
  db: Queryable,
  { datasetId, version, columns, created, limit }: PageQuery,
  first: number,
): Promise<PageRows> {
  const query = sql<Row>`
    select version.state, found.*
    from data.versions as version
    cross join (
      select count(*)::int4 as count, max(sample.ordinal) as last, ${columnTexts(columns)}
      from (
        select part.first_ordinal + sample.position as ordinal, ${columnNames(columns)}
        from data.sample_metadata as sample
        join data.version_segments as part on part.dataset_id = sample.dataset_id
          and part.segment_id = sample.segment_id and part.rows > sample.position
        where sample.dataset_id = ${datasetId}::bigint and part.version = ${version}::int
          and sample.created_at >= coalesce(${created.from}::timestamptz, '-infinity')
          and sample.created_at < coalesce(${created.to}::timestamptz, 'infinity')
          and part.first_ordinal + sample.position >= ${first}::bigint
        order by ordinal
        limit ${limit}::int
      ) as sample
    ) as found
    where version.dataset_id = ${datasetId}::bigint and version.version = ${version}::int`;
  return toPage(await db.run("data.seek_created", query, { idempotent: true }));
}

function toPage([row]: readonly Row[]): PageRows {
  if (row === undefined) return { state: undefined, count: 0, last: null, texts: {} };
  const { state, count, last, ...texts } = row;
  return { state, count, last: last === null ? null : Number(last), texts };
}
