import { sql } from "kysely";
import type { Project } from "../principal.ts";
import type { Queryable } from "../queryable.ts";

/** A key as the verifier needs it. */
export interface KeyRow {
  readonly key_id: string;
  readonly secret_sha256: Buffer;
  readonly scopes: string[];
  readonly tenant_id: string | null;
  readonly project_id: string | null;
  readonly project_name: string | null;
  readonly is_revoked: boolean;
  /** By the database's clock, so that nobody else's counts; null = never. */
  readonly expires_in_ms: number | null;
  readonly requests_per_second: number | null;
  readonly concurrent_requests: number | null;
}

/** One probe of the primary key of each table. */
export async function findKey(db: Queryable, id: string): Promise<KeyRow | undefined> {
  const query = sql<KeyRow>`
    select k.key_id, k.secret_sha256, k.scopes, k.tenant_id, k.project_id, p.name as project_name,
      k.revoked_at is not null as is_revoked,
      (extract(epoch from k.expires_at - clock_timestamp()) * 1000)::float8 as expires_in_ms,
      q.requests_per_second, q.concurrent_requests
    from auth.api_keys k
    left join auth.projects p on p.project_id = k.project_id
    left join auth.quotas q on q.tenant_id = k.tenant_id
    where k.key_id = ${id}`;
  const [row] = await db.run("auth.find_key", query, { idempotent: true });
  return row;
}

/**
 * Finds a project of one tenant, or of any when `tenantId` is null, by one probe of its unique name: written
 * so that no plan can go over all of a tenant's projects instead.
 */
export async function findProject(
  db: Queryable,
  { tenantId, name }: { tenantId: string | null; name: string },
): Promise<Project | undefined> {
  const query = sql<Project>`
    select project_id as "projectId", tenant_id as "tenantId", name
    from auth.projects
    where name = ${name} and tenant_id = coalesce(${tenantId}::bigint, tenant_id)`;
  const [row] = await db.run("auth.find_project", query, { idempotent: true });
  return row;
}
