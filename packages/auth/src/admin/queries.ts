import { type RawBuilder, sql } from "kysely";
import type { Queryable } from "../queryable.ts";
import type { KeysetPage } from "@sluice/http";

/** As the API shows them: names instead of ids, and never a secret. */
export interface Tenant {
  readonly name: string;
  readonly created_at: string;
}
export interface ProjectEntry {
  readonly name: string;
  readonly tenant: string;
  readonly created_at: string;
}
export interface KeyEntry {
  readonly id: string;
  readonly name: string;
  /** null = platform key. */
  readonly tenant: string | null;
  readonly project: string | null;
  readonly scopes: string[];
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
}
/** null = no limit. */
export interface Quotas {
  readonly requests_per_second: number | null;
  readonly concurrent_requests: number | null;
  readonly running_jobs: number | null;
}

const READ = { idempotent: true };

export async function insertTenant(db: Queryable, name: string): Promise<Tenant> {
  const query = sql<Tenant>`
    insert into auth.tenants (name) values (${name}) returning name, created_at`;
  const [row] = await db.run("auth.insert_tenant", query);
  return row!;
}

export async function findTenantId(db: Queryable, name: string): Promise<string | undefined> {
  const query = sql<{ tenant_id: string }>`
    select tenant_id from auth.tenants where name = ${name}`;
  const [row] = await db.run("auth.find_tenant", query, READ);
  return row?.tenant_id;
}

export function listTenantPage(
  db: Queryable,
  { only, after, rows }: KeysetPage & { only: string | null },
): Promise<Tenant[]> {
  const query = sql<Tenant>`
    select name, created_at from auth.tenants
    where name > ${after} and ${only === null ? sql`true` : sql`tenant_id = ${only}`}
    order by name limit ${rows}`;
  return db.run("auth.list_tenants", query, READ);
}

/** Undefined when there is no such tenant. */
export async function insertProject(
  db: Queryable,
  { tenant, name }: { tenant: string; name: string },
): Promise<ProjectEntry | undefined> {
  const query = sql<ProjectEntry>`
    insert into auth.projects (tenant_id, name)
    select tenant_id, ${name} from auth.tenants where name = ${tenant}
    returning name, ${tenant}::text as tenant, created_at`;
  const [row] = await db.run("auth.insert_project", query);
  return row;
}

export function listProjectPage(
  db: Queryable,
  { tenantId, after, rows }: KeysetPage & { tenantId: string },
): Promise<ProjectEntry[]> {
  const query = sql<ProjectEntry>`
    select p.name, t.name as tenant, p.created_at
    from auth.projects p join auth.tenants t on t.tenant_id = p.tenant_id
    where p.tenant_id = ${tenantId} and p.name > ${after}
    order by p.name limit ${rows}`;
  return db.run("auth.list_projects", query, READ);
}

/** A key about to be stored. */
export interface NewKey {
  readonly id: string;
  readonly hash: Buffer;
  readonly name: string;
  readonly tenant: string | null;
  readonly project: string | null;
  readonly scopes: readonly string[];
  readonly expiresAt: string | null;
}

/** Undefined when the tenant, or the project in it, is not there. */
export async function insertKey(db: Queryable, key: NewKey): Promise<KeyEntry | undefined> {
  const query = sql<KeyEntry>`
    insert into auth.api_keys (key_id, tenant_id, project_id, name, secret_sha256, scopes, expires_at)
    select ${key.id}, t.tenant_id, p.project_id, ${key.name}, ${key.hash}::bytea,
      ${key.scopes}::text[], ${key.expiresAt}::timestamptz
    from (values (${key.tenant}::text, ${key.project}::text)) as wanted (tenant, project)
    left join auth.tenants t on t.name = wanted.tenant
    left join auth.projects p on p.name = wanted.project and p.tenant_id = t.tenant_id
    where (wanted.tenant is null or t.tenant_id is not null)
      and (wanted.project is null or p.project_id is not null)
    returning key_id as id, name, ${key.tenant}::text as tenant, ${key.project}::text as project,
      scopes, created_at, expires_at, revoked_at`;
  const [row] = await db.run("auth.insert_key", query);
  return row;
}

export function listKeyPage(
  db: Queryable,
  { tenantId, after, rows }: KeysetPage & { tenantId: string | null },
): Promise<KeyEntry[]> {
  const query = sql<KeyEntry>`
    select ${keyColumns}
    from auth.api_keys k ${ownerOfKey}
    where ${tenantId === null ? sql`k.tenant_id is null` : sql`k.tenant_id = ${tenantId}`}
      and k.key_id > ${after}
    order by k.key_id limit ${rows}`;
  return db.run("auth.list_keys", query, READ);
}

/** Which key: of the tenant when one is given (null = a platform key), else whoever owns it. */
export interface KeyReference {
  readonly id: string;
  readonly tenant?: string | null | undefined;
}

/** Undefined when there is no such key. One revoked before keeps its time, so that repeating is harmless. */
export async function markRevoked(db: Queryable, key: KeyReference): Promise<KeyEntry | undefined> {
  const query = sql<KeyEntry>`
    with revoked as (
      update auth.api_keys set revoked_at = coalesce(revoked_at, now())
      where key_id = ${key.id} and ${isOwnedBy(key.tenant)}
      returning *
    )
    select ${keyColumns} from revoked k ${ownerOfKey}`;
  const [row] = await db.run("auth.revoke_key", query, { idempotent: true });
  return row;
}

/**
 * Stores a copy of a valid key under a new id and secret, and ends the old one after the grace, in one
 * statement. Undefined when there is no such key, or it is revoked or expired.
 */
export async function replaceKey(
  db: Queryable,
  {
    old,
    id,
    hash,
    graceSeconds,
  }: { old: KeyReference; id: string; hash: Buffer; graceSeconds: number },
): Promise<KeyEntry | undefined> {
  const query = sql<KeyEntry>`
    with current as (
      select * from auth.api_keys
      where key_id = ${old.id} and ${isOwnedBy(old.tenant)}
        and revoked_at is null and (expires_at is null or expires_at > now())
      for update
    ), ended as (
      update auth.api_keys k
      set expires_at = least(k.expires_at, now() + make_interval(secs => ${graceSeconds}::float8))
      from current where k.key_id = current.key_id
    ), added as (
      insert into auth.api_keys (key_id, tenant_id, project_id, name, secret_sha256, scopes, expires_at)
      select ${id}, tenant_id, project_id, name, ${hash}::bytea, scopes, expires_at from current
      returning *
    )
    select ${keyColumns} from added k ${ownerOfKey}`;
  const [row] = await db.run("auth.rotate_key", query);
  return row;
}

/** Undefined when there is no such tenant. */
export async function findQuotas(db: Queryable, tenant: string): Promise<Quotas | undefined> {
  const query = sql<Quotas>`
    select q.requests_per_second, q.concurrent_requests, q.running_jobs
    from auth.tenants t left join auth.quotas q on q.tenant_id = t.tenant_id
    where t.name = ${tenant}`;
  const [row] = await db.run("auth.find_quotas", query, READ);
  return row;
}

/** Sets the quotas given and keeps the others; undefined when there is no such tenant. */
export async function upsertQuotas(
  db: Queryable,
  { tenant, quotas }: { tenant: string; quotas: Partial<Quotas> },
): Promise<Quotas | undefined> {
  const keepOr = (column: keyof Quotas): RawBuilder<unknown> =>
    quotas[column] !== undefined ? sql`excluded.${sql.ref(column)}` : sql`q.${sql.ref(column)}`;
  const query = sql<Quotas>`
    insert into auth.quotas as q (tenant_id, requests_per_second, concurrent_requests, running_jobs)
    select tenant_id, ${quotas.requests_per_second ?? null}::int, ${quotas.concurrent_requests ?? null}::int,
      ${quotas.running_jobs ?? null}::int
    from auth.tenants where name = ${tenant}
    on conflict (tenant_id) do update set
      requests_per_second = ${keepOr("requests_per_second")},
      concurrent_requests = ${keepOr("concurrent_requests")},
      running_jobs = ${keepOr("running_jobs")}
    returning requests_per_second, concurrent_requests, running_jobs`;
  const [row] = await db.run("auth.upsert_quotas", query, { idempotent: true });
  return row;
}

const keyColumns = sql`
  k.key_id as id, k.name, t.name as tenant, p.name as project, k.scopes, k.created_at, k.expires_at, k.revoked_at`;

const ownerOfKey = sql`
  left join auth.tenants t on t.tenant_id = k.tenant_id
  left join auth.projects p on p.project_id = k.project_id`;

function isOwnedBy(tenant: string | null | undefined): RawBuilder<unknown> {
  if (tenant === undefined) return sql`true`;
  if (tenant === null) return sql`tenant_id is null`;
  return sql`tenant_id = (select tenant_id from auth.tenants where name = ${tenant})`;
}
