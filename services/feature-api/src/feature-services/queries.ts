import type { KeysetPage } from "@sluice/http";
import { sql } from "kysely";
import type { Queryable } from "../views/queries.ts";

/** A row of features.feature_services. */
export interface ServiceRow {
  readonly project_id: string;
  readonly name: string;
  /** `view:feature` */
  readonly features: readonly string[];
  readonly created_at: string;
  readonly updated_at: string;
}

export function findServices(
  db: Queryable,
  projectId: string,
  names: readonly string[],
): Promise<ServiceRow[]> {
  const query = sql<ServiceRow>`
    select project_id, name, features, created_at, updated_at
    from features.feature_services
    where project_id = ${projectId}::bigint and name = any(${names}::text[])`;
  return db.run("features.find_services", query, { idempotent: true });
}

/** Services in order of name, from the first one after `after`. */
export function listServices(
  db: Queryable,
  projectId: string,
  { after, rows }: KeysetPage,
): Promise<ServiceRow[]> {
  const query = sql<ServiceRow>`
    select project_id, name, features, created_at, updated_at
    from features.feature_services
    where project_id = ${projectId}::bigint and name > ${after}
    order by name
    limit ${rows}::int`;
  return db.run("features.list_services", query, { idempotent: true });
}

/** Makes the service, or replaces its features. */
export async function upsertService(
  db: Queryable,
  projectId: string,
  name: string,
  features: readonly string[],
): Promise<ServiceRow & { created: boolean }> {
  const query = sql<ServiceRow & { created: boolean }>`
    insert into features.feature_services as stored (project_id, name, features)
    values (${projectId}::bigint, ${name}, ${JSON.stringify(features)}::jsonb)
    on conflict (project_id, name) do update set features = excluded.features, updated_at = now()
    returning project_id, name, features, created_at, updated_at, stored.xmax = 0 as created`;
  const [row] = await db.run("features.upsert_service", query, { idempotent: true });
  return row as ServiceRow & { created: boolean };
}
