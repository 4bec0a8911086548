import { parseJson } from "@sluice/http";
import { type RawBuilder, sql } from "kysely";
import type { JobStatus } from "../transitions/state-machine.ts";

/** A job as it is read. Identifiers and 64-bit integers are text. */
export interface JobRow {
  readonly job_id: string;
  readonly name: string;
  readonly queue: string;
  readonly priority: number;
  readonly status: JobStatus;
  readonly reason: string;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly world_size: number;
  readonly heartbeat_timeout_seconds: number;
  readonly retry_initial_delay_seconds: number;
  readonly retry_factor: number;
  readonly retry_max_delay_seconds: number;
  readonly retry_jitter: number;
  readonly labels: Readonly<Record<string, string>>;
  /** JSON text: its integers may be beyond a double. */
  readonly spec: string;
  readonly message: string | null;
  readonly claimed_by: string | null;
  readonly retry_of: string | null;
  readonly token: string | null;
  readonly sequence: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly retry_at: string | null;
  readonly hung_since: string | null;
  readonly checkpoint_requested_at: string | null;
  /** The smallest of the ranks' steps. */
  readonly step: string | null;
  /** The mean of the ranks' progress. */
  readonly progress: number | null;
}

/** A job that has just changed its state. */
export interface ChangedJob extends JobRow {
  /** null: it was created. */
  readonly from_status: JobStatus | null;
  readonly tenant_id: string;
}

/** The columns of a JobRow from a relation called `job`; step and progress stand elsewhere. */
export const JOB_COLUMNS: RawBuilder<unknown> = sql`
  job.job_id, job.name, job.queue, job.priority, job.status, job.reason, job.attempt, job.max_attempts, job.world_size,
  job.heartbeat_timeout_seconds, job.retry_initial_delay_seconds, job.retry_factor, job.retry_max_delay_seconds,
  job.retry_jitter, job.labels, job.spec::text as spec, job.message, job.claimed_by, job.retry_of, job.token,
  job.sequence, job.created_at, job.updated_at, job.started_at, job.ended_at, job.retry_at, job.hung_since,
  job.checkpoint_requested_at`;

/** The tenant of the project of a relation called `job`. */
export const TENANT_ID: RawBuilder<unknown> = sql`
  (select project.tenant_id from auth.projects as project where project.project_id = job.project_id) as tenant_id`;

/** A job as the API shows it; the token is shown to the claimer alone. */
export function renderJob(row: JobRow, project: string): Record<string, unknown> {
  return {
    id: row.job_id,
    project,
    name: row.name,
    queue: row.queue,
    priority: row.priority,
    status: row.status,
    reason: row.reason,
    attempt: row.attempt,
    max_attempts: row.max_attempts,
    world_size: row.world_size,
    retry_policy: {
      initial_delay_seconds: row.retry_initial_delay_seconds,
      factor: row.retry_factor,
      max_delay_seconds: row.retry_max_delay_seconds,
      jitter: row.retry_jitter,
    },
    heartbeat_timeout_seconds: row.heartbeat_timeout_seconds,
    labels: row.labels,
    spec: parseJson(Buffer.from(row.spec)),
    progress: row.progress,
    step: row.step === null ? null : BigInt(row.step),
    message: row.message,
    claimed_by: row.claimed_by,
    retry_of: row.retry_of,
    created_at: row.created_at,
    updated_at: row.updated_at,
    started_at: row.started_at,
    ended_at: row.ended_at,
    retry_at: row.retry_at,
    hung_since: row.hung_since,
    checkpoint_requested_at: row.checkpoint_requested_at,
  };
}

/** The same as it was when it was created: a repeated creation gets the first one's answer. */
export function asCreated(row: JobRow): JobRow {
  return {
    ...row,
    status: "pending",
    reason: "created",
    attempt: 0,
    step: null,
    progress: null,
    message: null,
    claimed_by: null,
    updated_at: row.created_at,
    started_at: null,
    ended_at: null,
    retry_at: null,
    hung_since: null,
    checkpoint_requested_at: null,
  };
}
