import type { Database } from "@sluice/db";
import { type RawBuilder, sql } from "kysely";
import { type ChangedJob, JOB_COLUMNS, TENANT_ID } from "../jobs/job.ts";
import { type JobEvent, REASONS, transitionsOf } from "./state-machine.ts";

export type Queryable = Pick<Database<unknown>, "run">;
export type TransactionalDatabase = Pick<Database<unknown>, "run" | "transaction">;

/** One event of one job. */
export interface Move {
  readonly projectId: string;
  readonly event: JobEvent;
  /**
   * Selects the job's whole row and locks it (`for update`), or selects nothing. What it compares, it compares with the
   * newest version: a row that somebody else holds is waited for and then judged anew.
   */
  readonly chosen: RawBuilder<unknown>;
  /** Fencing token of the attempt that a claim begins. */
  readonly token?: string;
  readonly claimedBy?: string | null;
  readonly message?: string | null;
}

/**
 * The compare-and-set by which every job changes its state, and all that goes with it, in one statement: the log, the
 * attempt and its ranks, and the outbox. No row comes back when nothing was chosen or the event is illegal in the
 * state that the job is in; then nothing was changed.
 *
 * Locks: the job's row, then the ranks of its attempt in order. Heartbeats lock ranks in the same order and no job.
 */
export async function moveJob(db: Queryable, move: Move): Promise<ChangedJob | undefined> {
  const { projectId, event, chosen, token = null, claimedBy = null, message = null } = move;
  const legal = transitionsOf(event);
  const query = sql<ChangedJob>`
    with chosen as materialized (${chosen}),
    legal as (
      select * from unnest(
        ${legal.map(({ from }) => from)}::text[],
        ${legal.map(({ to }) => to)}::text[],
        ${legal.map(({ attemptsLeft = null }) => attemptsLeft)}::boolean[]
      ) as legal (from_status, to_status, attempts_left)
    ),
    moved as (
      update training.training_jobs as job set
        status = legal.to_status,
        reason = ${REASONS[event]},
        message = coalesce(${message}::text, job.message),
        sequence = job.sequence + 1,
        updated_at = now(),
        attempt = job.attempt + (legal.to_status = 'running')::int,
        token = case legal.to_status when 'running' then ${token}::uuid else job.token end,
        claimed_by = case legal.to_status when 'running' then ${claimedBy}::text else job.claimed_by end,
        started_at = case legal.to_status when 'running' then now() else job.started_at end,
        ended_at = case when legal.to_status in ('succeeded', 'failed', 'cancelled') then now() end,
        -- Exponential backoff with jitter on both sides of it.
        retry_at = case legal.to_status when 'retrying' then now() + make_interval(secs =>
          least(job.retry_max_delay_seconds, job.retry_initial_delay_seconds * job.retry_factor ^ (job.attempt - 1))
          * (1 + job.retry_jitter * (2 * random() - 1))) end,
        hung_since = null,
        checkpoint_requested_at = case legal.to_status when 'running' then null else job.checkpoint_requested_at end
      from chosen, legal
      where job.project_id = ${projectId}::bigint and job.job_id = chosen.job_id
        and legal.from_status = chosen.status
        and coalesce(legal.attempts_left = (chosen.attempt < chosen.max_attempts), true)
      returning job.*, legal.from_status
    ),
    ${attemptOf(message)},
    ${consequencesOf(message)}
    select ${JOB_COLUMNS}, ${TENANT_ID}, job.from_status, attempt_ended.step, attempt_ended.progress
    from moved as job left join attempt_ended on true`;
  // A move that was carried out is illegal when it is repeated, and the one who asked then finds out that it was his own.
  // Only a claim has nobody who could find out: it chooses its job anew.
  const [row] = await db.run(`training.${event}_job`, query, { idempotent: event !== "claim" });
  return row;
}

/** Begins the attempt of a job that was claimed, and ends the one of a job that is not worked on any more. */
function attemptOf(message: string | null): RawBuilder<unknown> {
  return sql`
    attempt_begun as (
      insert into training.attempts (project_id, job_id, attempt, token, claimed_by)
      select project_id, job_id, attempt, token, claimed_by from moved where status = 'running'
    ),
    ranks_begun as (
      insert into training.ranks (project_id, job_id, attempt, rank)
      select project_id, job_id, attempt, rank
      from moved cross join generate_series(0, world_size - 1) as rank where status = 'running'
    ),
    ending as materialized (
      select ranks.* from training.ranks as ranks, moved
      where moved.from_status in ('running', 'cancelling') and moved.status not in ('running', 'cancelling')
        and ranks.project_id = moved.project_id and ranks.job_id = moved.job_id and ranks.attempt = moved.attempt
      order by ranks.rank for update of ranks
    ),
    ranks_ended as (
      delete from training.ranks as ranks using ending
      where ranks.project_id = ending.project_id and ranks.job_id = ending.job_id
        and ranks.attempt = ending.attempt and ranks.rank = ending.rank
    ),
    summary as (
      select min(step) as step, avg(progress) as progress, jsonb_agg(jsonb_build_object('rank', rank,
        'started_at', started_at, 'beat_at', beat_at, 'stepped_at', stepped_at, 'step', step, 'progress', progress,
        'message', message) order by rank) as ranks
      from ending having count(*) > 0
    ),
    attempt_ended as (
      update training.attempts as attempt set ended_at = now(), outcome = moved.reason, message = ${message}::text,
        step = summary.step, progress = summary.progress, ranks = summary.ranks
      from moved, summary
      where attempt.project_id = moved.project_id and attempt.job_id = moved.job_id
        and attempt.attempt = moved.attempt
      returning attempt.step, attempt.progress
    )`;
}

/** What follows from a row in `moved`: its line in the log, the retry that becomes due, and the webhooks to call. */
export function consequencesOf(message: string | null): RawBuilder<unknown> {
  return sql`
    logged as (
      insert into training.transitions
        (project_id, job_id, sequence, attempt, from_status, to_status, reason, message)
      select project_id, job_id, sequence, attempt, from_status, status, reason, ${message}::text from moved
    ),
    retry_queued as (
      insert into training.outbox (project_id, kind, job_id, due_at, payload)
      select project_id, 'retry', job_id, retry_at, jsonb_build_object('attempt', attempt)
      from moved where status = 'retrying'
    ),
    webhooks_queued as (
      insert into training.outbox (project_id, kind, job_id, payload)
      select moved.project_id, 'webhook', moved.job_id, jsonb_build_object(
        'webhook', webhook.name, 'event', moved.status, 'sequence', moved.sequence, 'attempt', moved.attempt,
        'from', moved.from_status, 'to', moved.status, 'reason', moved.reason, 'message', ${message}::text, 'at', now())
      from moved join training.webhooks as webhook on webhook.project_id = moved.project_id
      where moved.status = any(webhook.events)
    )`;
}

/** The job of an attempt, if attempt and token are the current ones. */
export function fenced(
  projectId: string,
  jobId: string,
  attempt: number,
  token: string,
): RawBuilder<unknown> {
  return sql`
    select * from training.training_jobs
    where project_id = ${projectId}::bigint and job_id = ${jobId}::uuid
      and attempt = ${attempt}::int and token::text = ${token}
    for update`;
}

/** The job, whoever works on it. */
export function anyAttempt(projectId: string, jobId: string): RawBuilder<unknown> {
  return sql`
    select * from training.training_jobs
    where project_id = ${projectId}::bigint and job_id = ${jobId}::uuid
    for update`;
}
