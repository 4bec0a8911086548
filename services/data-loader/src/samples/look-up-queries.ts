import { sql } from "kysely";
import type { Queryable } from "../data-loader.ts";
import type { VersionState } from "../versions/queries.ts";
import { type Column, columnNames, columnTexts, type ColumnTexts } from "./columns.ts";

/** What samples are looked up by. */
export type KeyColumn = "sample_id" | "feature_hash";

export interface FoundSamples {
  readonly state: VersionState;
  readonly count: number;
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
 * choice to go through all segments for each row.
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
  const query = sql<{ state: VersionState; count: number; index: string } & ColumnTexts>`
    with version as materialized (
      select stored.state,
        (select coalesce(array_agg(part.segment_id order by part.segment_id), '{}') from data.version_segments as part
          where part.dataset_id = stored.dataset_id and part.version = stored.version) as segments,
        (select coalesce(array_agg(part.rows order by part.segment_id), '{}') from data.version_segments as part
          where part.dataset_id = stored.dataset_id and part.version = stored.version) as sizes
      from data.versions as stored
      where stored.dataset_id = ${datasetId}::bigint and stored.version = ${version}::int
    )
    select version.state, found.*
    from version
    cross join (
      select count(*)::int4 as count, coalesce(json_agg(sample.place - 1)::text, '[]') as index, ${columnTexts(columns)}
      from (
        select sample.* from (
          select wanted.place, sample.*
          from version
          cross join unnest(${keys}::text[]) with ordinality as wanted (key, place)
          cross join lateral (
            select sample.sample_id as listed_by, ${columnNames(columns)} from data.sample_metadata as sample
            where sample.dataset_id = ${datasetId}::bigint and sample.${sql.ref(keyColumn)} = wanted.key
              and version.segments[width_bucket(sample.segment_id, version.segments)] = sample.segment_id
              and version.sizes[width_bucket(sample.segment_id, version.segments)] > sample.position
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
  const { state, count, index, ...texts } = row;
  return { state, count, index, texts };
}
