import { sql } from "kysely";
import type { Queryable } from "../data-loader.ts";
import { isSelected, type VersionState } from "../versions/queries.ts";
import {
  bytesUpTo,
  type Column,
  columnNames,
  columnTexts,
  type ColumnTexts,
  FITS,
} from "./columns.ts";

/** What samples are looked up by. */
export type KeyColumn = "sample_id" | "feature_hash";

export interface FoundSamples {
  readonly state: VersionState;
  readonly count: number;
  /** How many of them fit into an answer: the columns have no more. */
  readonly fitting: number;
  /** A JSON array: for each row the position of its key among those asked for. */
  readonly index: string;
  readonly texts: ColumnTexts;
}

/**
 * The samples of a version that have one of the keys, in the order of the keys and then of the sample ids; at most
 * `maxRows` of them. undefined when there is no such version. A null key is none.
 *
 * LIMIT keeps the planner from turning the lateral query into a join over the whole table: it is one descent of the key's
 * index for each key, whatever the statistics say. A dataset's other versions stand in the same index, so that each row is
 * held against the version's segments by bisection of their sorted ids (width_bucket): a join would leave the planner the
 * choice to go through all segments for each row. Of a selection's source those rows count that it has a bit for.
 */
export async function findSamples(
  db: Queryable,
  { datasetId, version }: { datasetId: string; version: number },
  keyColumn: KeyColumn,
  {
    keys,
    columns,
    maxRows,
  }: { keys: readonly (string | null)[]; columns: readonly Column[]; maxRows: number },
): Promise<FoundSamples | undefined> {
  const query = sql<
    { state: VersionState; count: number; fitting: number; index: string } & ColumnTexts
  >`
    with version as materialized (
      select stored.state,
        coalesce(held.segments, '{}') as segments, coalesce(held.sizes, '{}') as sizes,
        coalesce(held.selections, '{}') as selections
      from data.versions as stored
      cross join lateral (
        select array_agg(part.rows_in order by part.rows_in) as segments,
          array_agg(part.rows order by part.rows_in) as sizes,
          array_agg(part.selection order by part.rows_in) as selections
        from (
          select place.rows, coalesce(place.source, place.segment_id) as rows_in,
            case when place.source is not null then place.segment_id end as selection
          from (
            select place.rows, place.segment_id, (
              select segment.source_segment_id from data.segments as segment
              where segment.dataset_id = place.dataset_id and segment.segment_id = place.segment_id
            ) as source
            from data.version_segments as place
            where place.dataset_id = stored.dataset_id and place.version = stored.version
          ) as place
        ) as part
      ) as held
      where stored.dataset_id = ${datasetId}::bigint and stored.version = ${version}::int
    )
    select version.state, found.*
    from version
    cross join (
      select count(*)::int4 as count, count(*) filter (where ${FITS})::int4 as fitting,
        coalesce(json_agg(sample.place - 1)::text, '[]') as index, ${columnTexts(columns)}
      from (
        select sample.*, ${bytesUpTo(columns, sql`sample.place, sample.listed_by`)} as bytes from (
          select wanted.place, sample.*
          from version
          cross join unnest(${keys}::text[]) with ordinality as wanted (key, place)
          cross join lateral (
            select sample.sample_id as listed_by, ${columnNames(columns)} from data.sample_metadata as sample
            where sample.dataset_id = ${datasetId}::bigint and sample.${sql.ref(keyColumn)} = wanted.key
              and version.segments[width_bucket(sample.segment_id, version.segments)] = sample.segment_id
              and case when version.selections[width_bucket(sample.segment_id, version.segments)] is null
                then version.sizes[width_bucket(sample.segment_id, version.segments)] > sample.position
                else ${isSelected(
                  datasetId,
                  sql`version.selections[width_bucket(sample.segment_id, version.segments)]`,
                  sql`sample.position`,
                )}
              end
            order by sample.sample_id
            limit ${maxRows}::int
          ) as sample
          limit ${maxRows}::int
        ) as sample
        order by sample.place, sample.listed_by
      ) as sample
    ) as found`;
  const [row] = await db.run(`data.find_samples_by_${keyColumn}`, query, { idempotent: true });
  if (row === undefined) return undefined;
  const { state, count, fitting, index, ...texts } = row;
  return { state, count, fitting, index, texts };
}
