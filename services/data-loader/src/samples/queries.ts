import { sql } from "kysely";
import type { Queryable } from "../data-loader.ts";
import type { SegmentRange } from "../versions/layout.ts";
import type { VersionState } from "../versions/queries.ts";
import {
  bytesUpTo,
  type Column,
  columnNames,
  columnTexts,
  type ColumnTexts,
  FITS,
} from "./columns.ts";

/** Samples as they were asked for: how many there are, and the columns of those that fit into an answer. */
export interface SampleColumns {
  readonly count: number;
  readonly fitting: number;
  readonly texts: ColumnTexts;
}

/** What was found, and the state that the version was in at that moment. */
export interface SliceRows {
  readonly state: VersionState | undefined;
  /** In the order of the slices; undefined for one that has no rows. */
  readonly slices: readonly (SampleColumns | undefined)[];
}

/**
 * The rows of each slice, which is a list of ranges, in their order. One statement, that also tells whether the version
 * is still there.
 *
 * LIMIT keeps the planner from turning the lateral query into a join over the whole table: it is one descent of the
 * primary key for each range, whatever the statistics say.
 */
export async function readSlices(
  db: Queryable,
  { datasetId, version }: { datasetId: string; version: number },
  slices: readonly (readonly SegmentRange[])[],
  columns: readonly Column[],
): Promise<SliceRows> {
  const ranges = slices.flat();
  const query = sql<
    { state: VersionState; slice: number | null; count: number; fitting: number } & ColumnTexts
  >`
    select version.state, found.*
    from data.versions as version
    left join (
      select sample.slice, count(*)::int4 as count, count(*) filter (where ${FITS})::int4 as fitting,
        ${columnTexts(columns)}
      from (
        select range.slice, ${columnNames(columns)},
          ${bytesUpTo(columns, sql`range.place, sample.position`)} as bytes
        from unnest(
          ${slices.flatMap((slice, index) => slice.map(() => index))}::int4[],
          ${ranges.map(({ segmentId }) => segmentId)}::bigint[],
          ${ranges.map(({ first }) => first)}::int4[],
          ${ranges.map(({ last }) => last)}::int4[]
        ) with ordinality as range (slice, segment_id, first, last, place)
        cross join lateral (
          select stored.* from data.sample_metadata as stored
          where stored.dataset_id = ${datasetId}::bigint and stored.segment_id = range.segment_id
            and stored.position between range.first and range.last
          order by stored.position
          limit range.last - range.first + 1
        ) as sample
        order by range.place, sample.position
      ) as sample
      group by sample.slice
    ) as found on true
    where version.dataset_id = ${datasetId}::bigint and version.version = ${version}::int`;
  const rows = await db.run("data.read_slices", query, { idempotent: true });
  const found = new Array<SampleColumns | undefined>(slices.length).fill(undefined);
  for (const { state: _, slice, count, fitting, ...texts } of rows) {
    if (slice !== null) found[slice] = { count, fitting, texts };
  }
  return { state: rows[0]?.state, slices: found };
}
