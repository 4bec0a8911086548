import { type RawBuilder, sql } from "kysely";
import type { Queryable } from "../transitions/queries.ts";

/** Whose jobs a claim may take; a null project is any of the tenant's. */
export interface ClaimScope {
  readonly tenantId: string;
  readonly projectId: string | null;
  /** Any queue when undefined. */
  readonly queues: readonly string[] | undefined;
}

/** A project with a job to claim. */
export interface Claimable {
  readonly project_id: string;
  readonly name: string;
  /** Most jobs that the tenant may run at a time; null = no limit. */
  readonly running_jobs: number | null;
}

/**
 * The projects in which something is pending, those with the fewest running jobs first: every project of a tenant so
 * gets the same share of its trainers while it has jobs, whatever the others have (max-min fairness). Locks nothing.
 */
export function listClaimable(
  db: Queryable,
  { tenantId, projectId, queues }: ClaimScope,
): Promise<Claimable[]> {
  const query = sql<Claimable>`
    select project.project_id, project.name, quota.running_jobs
    from auth.projects as project
    left join auth.quotas as quota on quota.tenant_id = project.tenant_id
    where project.tenant_id = ${tenantId}::bigint
      and project.project_id = coalesce(${projectId}::bigint, project.project_id)
      and exists (
        select from training.training_jobs as job
        where job.project_id = project.project_id and job.status = 'pending' ${inQueues(queues)}
      )
    order by (
      select count(*) from training.training_jobs as job
      where job.project_id = project.project_id and job.status in ('running', 'cancelling')
    ), random()`;
  return db.run("training.list_claimable", query, { idempotent: true });
}

/** The next pending job of one project: by priority, then by age. What another claim holds is passed by. */
export function nextPending(
  projectId: string,
  queues: readonly string[] | undefined,
): RawBuilder<unknown> {
  return sql`
    select * from training.training_jobs as job
    where job.project_id = ${projectId}::bigint and job.status = 'pending' ${inQueues(queues)}
    order by job.priority desc, job.job_id
    limit 1
    for update skip locked`;
}

/** One queue is an equality, for which there is an index in the order of the claim. */
function inQueues(queues: readonly string[] | undefined): RawBuilder<unknown> {
  if (queues === undefined) return sql``;
  return queues.length === 1
    ? sql`and job.queue = ${queues[0]}`
    : sql`and job.queue = any(${queues}::text[])`;
}

/** Makes the tenant's capped claims wait for each other until the transaction ends. */
export async function takeTurn(db: Queryable, tenantId: string): Promise<void> {
  const query = sql`
    insert into training.claim_turns as turn (tenant_id) values (${tenantId}::bigint)
    on conflict (tenant_id) do update set tenant_id = turn.tenant_id`;
  await db.run("training.take_turn", query);
}

export async function countRunning(db: Queryable, tenantId: string): Promise<number> {
  const query = sql<{ running: number }>`
    select count(*)::int4 as running
    from auth.projects as project
    join training.training_jobs as job
      on job.project_id = project.project_id and job.status in ('running', 'cancelling')
    where project.tenant_id = ${tenantId}::bigint`;
  const [row] = await db.run("training.count_running", query);
  return row?.running ?? 0;
}
