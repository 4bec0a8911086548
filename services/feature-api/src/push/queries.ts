import { sql } from "kysely";
import type { FeatureView } from "../views/view.ts";
import type { Queryable } from "../views/queries.ts";
import type { PushRow } from "./frame.ts";

/**
 * Merges rows of distinct entities into the view and returns how many were new enough. Stored values that the rows do
 * not mention stay. A row never replaces one with a newer event time; an equal one is replaced, so that a repeated
 * push changes nothing and a corrected one counts.
 *
 * Rows are inserted, and so locked, in the order of their keys: concurrent pushes wait for each other and cannot
 * deadlock. An UPDATE … FROM unnest would lock in whatever order the join delivers.
 */
export async function upsertRows(
  db: Queryable,
  view: FeatureView,
  rows: readonly PushRow[],
): Promise<number> {
  const keys = rows.map(({ entityKey }) => entityKey);
  const values = rows.map(({ featureValues }) => featureValues);
  const times = rows.map(({ eventTime }) => eventTime);
  const query = sql<{ written: number }>`
    with written as (
      insert into features.online_values as stored (project_id, view_id, entity_key, feature_values, event_time)
      select ${view.projectId}::bigint, ${view.viewId}::bigint, pushed.entity_key, pushed.feature_values,
        coalesce(pushed.event_time, now())
      from unnest(${keys}::text[], ${values}::json[], ${times}::timestamptz[])
        as pushed (entity_key, feature_values, event_time)
      order by pushed.entity_key collate "C"
      on conflict (project_id, view_id, entity_key) do update set
        feature_values = (stored.feature_values::jsonb || excluded.feature_values::jsonb)::json,
        event_time = excluded.event_time,
        written_at = excluded.written_at
      where excluded.event_time >= stored.event_time
      returning 1
    )
    select count(*)::int4 as written from written`;
  // Done again, a row that takes the moment of the push as its time would be newer than what came in between.
  const idempotent = times.every((time) => time !== null);
  const [result] = await db.run("features.upsert_rows", query, { idempotent });
  return result?.written ?? 0;
}
