import { type RawBuilder, sql } from "kysely";
import { consequencesOf, type Queryable } from "../transitions/queries.ts";
import type { JobStatus } from "../transitions/state-machine.ts";
import { type ChangedJob, JOB_COLUMNS, type JobRow, TENANT_ID } from "./job.ts";

/** What a job is created from. */
export interface NewJob {
  readonly jobId: string;
  readonly name: string;
  readonly queue: string;
  readonly priority: number;
  readonly worldSize: number;
  readonly maxAttempts: number;
  readonly heartbeatTimeoutSeconds: number;
  readonly retryPolicy: {
    readonly initial_delay_seconds: number;
    readonly factor: number;
    readonly max_delay_seconds: number;
    readonly jitter: number;
  };
  readonly labels: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly spec: string;
  readonly retryOf: string | null;
}

/** A client's name for one creating request, and the digest of what it asked for. */
export interface IdempotencyKey {
  readonly key: string;
  readonly requestSha256: Buffer;
}

/**
 * Creates a job, its first line in the log and its idempotency key in one statement. No row comes back when the key was
 * used within 24 hours: by somebody else, or by this very statement before a connection broke.
 */
export async function insertJob(
  db: Queryable,
  projectId: string,
  job: NewJob,
  idempotency: IdempotencyKey | undefined,
): Promise<ChangedJob | undefined> {
  const { retryPolicy } = job;
  const query = sql<ChangedJob>`
    with key as (${rememberKey(projectId, job.jobId, idempotency)}),
    moved as (
      insert into training.training_jobs as job (
        project_id, job_id, name, queue, priority, world_size, max_attempts, heartbeat_timeout_seconds,
        retry_initial_delay_seconds, retry_factor, retry_max_delay_seconds, retry_jitter, labels, spec, retry_of
      )
      select ${projectId}::bigint, ${job.jobId}::uuid, ${job.name}, ${job.queue}, ${job.priority}::smallint,
        ${job.worldSize}::int, ${job.maxAttempts}::int, ${job.heartbeatTimeoutSeconds}::int,
        ${retryPolicy.initial_delay_seconds}::float8, ${retryPolicy.factor}::float8,
        ${retryPolicy.max_delay_seconds}::float8, ${retryPolicy.jitter}::float8,
        ${JSON.stringify(job.labels)}::jsonb, ${job.spec}::jsonb, ${job.retryOf}::uuid
      from key
      on conflict do nothing
      returning job.*, null::text as from_status
    ),
    ${consequencesOf(null)}
    select ${JOB_COLUMNS}, ${TENANT_ID}, job.from_status, null::bigint as step, null::float8 as progress
    from moved as job`;
  const [row] = await db.run("training.insert_job", query, { idempotent: true });
  return row;
}

/** One row when the key is new, or none was sent. */
function rememberKey(
  projectId: string,
  jobId: string,
  idempotency: IdempotencyKey | undefined,
): RawBuilder<unknown> {
  if (idempotency === undefined) return sql`select 1`;
  return sql`
    insert into training.idempotency_keys as known (project_id, key, job_id, request_sha256)
    values (${projectId}::bigint, ${idempotency.key}, ${jobId}::uuid, ${idempotency.requestSha256}::bytea)
    on conflict (project_id, key) do update set
      job_id = excluded.job_id, request_sha256 = excluded.request_sha256, created_at = excluded.created_at
    where known.created_at < now() - interval '24 hours'
    returning 1`;
}

/** The job that a key was used for, and what was asked for with it. */
export async function findKeyedJob(
  db: Queryable,
  projectId: string,
  key: string,
): Promise<{ job_id: string; request_sha256: Buffer } | undefined> {
  const query = sql<{ job_id: string; request_sha256: Buffer }>`
    select job_id, request_sha256 from training.idempotency_keys
    where project_id = ${projectId}::bigint and key = ${key}`;
  const [row] = await db.run("training.find_idempotency_key", query, { idempotent: true });
  return row;
}

/** Step and progress of a job: over the ranks that work, else as its last attempt left them. */
const LIVE_PROGRESS = sql`
  left join training.attempts as latest
    on latest.project_id = job.project_id and latest.job_id = job.job_id and latest.attempt = job.attempt
  left join lateral (
    select min(ranks.step) as step, avg(ranks.progress) as progress from training.ranks as ranks
    where ranks.project_id = job.project_id and ranks.job_id = job.job_id and ranks.attempt = job.attempt
  ) as live on true`;

const PROGRESS_COLUMNS = sql`
  coalesce(live.step, latest.step) as step, coalesce(live.progress, latest.progress) as progress`;

export async function findJob(
  db: Queryable,
  projectId: string,
  jobId: string,
): Promise<JobRow | undefined> {
  const query = sql<JobRow>`
    select ${JOB_COLUMNS}, ${PROGRESS_COLUMNS}
    from training.training_jobs as job ${LIVE_PROGRESS}
    where job.project_id = ${projectId}::bigint and job.job_id = ${jobId}::uuid`;
  const [row] = await db.run("training.find_job", query, { idempotent: true });
  return row;
}

/** Which jobs a list shows; undefined = whatever. */
export interface JobFilter {
  readonly status: JobStatus | undefined;
  readonly queue: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/** Jobs from the newest to the oldest, beginning after (older than) `after`; "" is before all. */
export function listJobs(
  db: Queryable,
  projectId: string,
  { status, queue, labels }: JobFilter,
  { after, rows }: { after: string; rows: number },
): Promise<JobRow[]> {
  const conditions = [
    sql`job.project_id = ${projectId}::bigint`,
    ...(after === "" ? [] : [sql`job.job_id < ${after}::uuid`]),
    ...(status === undefined ? [] : [sql`job.status = ${status}`]),
    ...(queue === undefined ? [] : [sql`job.queue = ${queue}`]),
    ...(Object.keys(labels).length === 0
      ? []
      : [sql`job.labels @> ${JSON.stringify(labels)}::jsonb`]),
  ];
  const query = sql<JobRow>`
    select ${JOB_COLUMNS}, ${PROGRESS_COLUMNS}
    from (
      select * from training.training_jobs as job
      where ${sql.join(conditions, sql` and `)}
      order by job.job_id desc
      limit ${rows}::int
    ) as job ${LIVE_PROGRESS}
    order by job.job_id desc`;
  return db.run("training.list_jobs", query, { idempotent: true });
}

/** @returns whether the job is running, so that its ranks will be told. */
export async function requestCheckpoint(
  db: Queryable,
  projectId: string,
  jobId: string,
): Promise<boolean> {
  const query = sql`
    update training.training_jobs set checkpoint_requested_at = now(), updated_at = now()
    where project_id = ${projectId}::bigint and job_id = ${jobId}::uuid and status = 'running'
    returning 1`;
  const rows = await db.run("training.request_checkpoint", query, { idempotent: true });
  return rows.length > 0;
}
