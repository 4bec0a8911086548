import type { KeysetPage } from "@sluice/http";
import type { Database } from "@sluice/db";
import { sql } from "kysely";
import type { Definition, ViewRow } from "./view.ts";

export type Queryable = Pick<Database<unknown>, "run">;

export function findViews(
  db: Queryable,
  projectId: string,
  names: readonly string[],
): Promise<ViewRow[]> {
  const query = sql<ViewRow>`
    select project_id, view_id, name, join_keys, features, ttl_seconds, created_at, updated_at
    from features.feature_views
    where project_id = ${projectId}::bigint and name = any(${names}::text[])`;
  return db.run("features.find_views", query, { idempotent: true });
}

/** Views in order of name, from the first one after `after`. */
export function listViews(
  db: Queryable,
  projectId: string,
  { after, rows }: KeysetPage,
): Promise<ViewRow[]> {
  const query = sql<ViewRow>`
    select project_id, view_id, name, join_keys, features, ttl_seconds, created_at, updated_at
    from features.feature_views
    where project_id = ${projectId}::bigint and name > ${after}
    order by name
    limit ${rows}::int`;
  return db.run("features.list_views", query, { idempotent: true });
}

/**
 * Makes the view, or adds to it the features it has not yet. One statement, so that concurrent calls cannot lose
 * each other's features; no row comes back when the view exists and the definition does not fit it.
 */
export async function upsertView(
  db: Queryable,
  projectId: string,
  name: string,
  definition: Definition,
  maxFeatures: number,
): Promise<(ViewRow & { created: boolean }) | undefined> {
  const query = sql<ViewRow & { created: boolean }>`
    insert into features.feature_views as stored (project_id, name, join_keys, features, ttl_seconds)
    values (
      ${projectId}::bigint, ${name}, ${JSON.stringify(definition.join_keys)}::jsonb,
      ${JSON.stringify(definition.features)}::jsonb, ${definition.ttl_seconds}::bigint
    )
    on conflict (project_id, name) do update set
      features = stored.features || (
        select coalesce(jsonb_agg(wanted.feature order by wanted.position), '[]')
        from jsonb_array_elements(excluded.features) with ordinality as wanted (feature, position)
        where not stored.features @> jsonb_build_array(wanted.feature)
      ),
      ttl_seconds = excluded.ttl_seconds,
      updated_at = now()
    where stored.join_keys = excluded.join_keys
      and not exists (
        select from jsonb_array_elements(excluded.features) as wanted (feature)
        join jsonb_array_elements(stored.features) as kept (feature)
          on wanted.feature ->> 'name' = kept.feature ->> 'name'
        where wanted.feature <> kept.feature
      )
      and ${maxFeatures}::int >= (
        select count(distinct merged.feature ->> 'name')
        from jsonb_array_elements(stored.features || excluded.features) as merged (feature)
      )
    returning project_id, view_id, name, join_keys, features, ttl_seconds, created_at, updated_at,
      stored.xmax = 0 as created`;
  const [row] = await db.run("features.upsert_view", query, { idempotent: true });
  return row;
}
