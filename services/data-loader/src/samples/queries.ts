import { sql } from "kysely";
import type { Queryable } from "../data-loader.ts";
import type { SegmentRange } from "../versions/layout.ts";
import { type Column, columnNames, columnTexts, type ColumnTexts } from "./columns.ts";

/** Samples as they were asked for: how many there are, and their columns. */
export interface SampleColumns {
  readonly count: number;
  readonly texts: ColumnTexts;
}

/**
 * The rows of the ranges, in their order.
 *
 * LIMIT keeps the planner from turning the lateral query into a join over the whole table: it is one descent of the primary
 * key for each range, whatever the statistics say.
 */
export async function readRanges(
  db: Queryable,
  datasetId: string,
  ranges: readonly SegmentRange[],
  columns: readonly Column[],
): Promise<SampleColumns> {
  const query = sql<{ count: number } & ColumnTexts>`
    select count(*)::int4 as count, ${columnTexts(columns)}
    from (
      select ${columnNames(columns)}
      from unnest(
        ${ranges.map(({ segmentId }) => segmentId)}::bigint[],
        ${ranges.map(({ first }) => first)}::int4[],
        ${ranges.map(({ last }) => last)}::int4[]
      ) with ordinality as range (segment_id, first, last, place)
      cross join lateral (
        select stored.* from data.sample_metadata as stored
        where stored.dataset_id = ${datasetId}::bigint and stored.segment_id = range.segment_id
          and stored.position between range.first and range.last
        order by stored.position
        limit range.last - range.first + 1
      ) as sample
      order by range.place, sample.position
    ) as sample`;
  const [row] = await db.run("data.read_ranges", query, { idempotent: true });
  const { count, ...texts } = row!;
  return { count, texts };
}
