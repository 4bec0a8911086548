import type { RunOptions } from "@sluice/db";
import { sql } from "kysely";
import type { Instant } from "../instant.ts";
import type { Queryable } from "../transitions/queries.ts";
import type { JobStatus } from "../transitions/state-machine.ts";
import type { Beat, BeatAddress } from "./beat.ts";

/** A job that was beaten for, as the statement found it, and the beats (by position) that it took. */
export interface BeatenJob {
  readonly job_id: string;
  readonly status: JobStatus;
  readonly attempt: number;
  readonly token: string | null;
  readonly world_size: number;
  readonly heartbeat_timeout_seconds: number;
  /** When the statement began. */
  readonly now: Instant;
  /** Beats that were written. */
  readonly written: readonly number[];
  /** Those of them whose rank has not been told yet that a checkpoint is wanted. */
  readonly asked: readonly number[];
}

/**
 * Writes beats of distinct ranks that are of the current attempt with its token; the others change nothing. Of a call
 * that names a rank that the job does not have, no beat is written. A row comes back for each job that exists.
 *
 * Locks: rows of ranks alone, in the order of (job, attempt, rank), as moveJob locks them; the job is read without a
 * lock. So neither two flushes nor a flush and a move can wait for each other in a circle. A rank whose attempt ends
 * meanwhile is gone when its lock is had, and its beat is not among the written.
 *
 * Every row is probed by its whole key, one after the other, whatever the statistics say: LATERAL … LIMIT 1 cannot be
 * turned into another join, and the update finds the project in what was locked, since with a constant the planner
 * reads all ranks of a project that it takes for empty, once for each beat.
 */
export function writeBeats(
  db: Queryable,
  projectId: string,
  addresses: readonly BeatAddress[],
  beats: readonly Beat[],
  options: Pick<RunOptions, "signal" | "deadline"> = {},
): Promise<BeatenJob[]> {
  const query = sql<BeatenJob>`
    with beats as materialized (
      select beat.*, job.status, job.attempt as current_attempt, job.token as current_token, job.world_size,
        job.heartbeat_timeout_seconds, job.checkpoint_requested_at
      from unnest(
        ${addresses.map(({ jobId }) => jobId)}::uuid[],
        ${addresses.map(({ attempt }) => attempt)}::int4[],
        ${addresses.map(({ token }) => token)}::text[],
        ${addresses.map(({ rank }) => rank)}::int4[],
        ${beats.map(({ highestRank }) => highestRank)}::int4[],
        ${beats.map(({ step }) => step)}::int8[],
        ${beats.map(({ progress }) => progress)}::float8[],
        ${beats.map(({ message }) => message)}::text[]
      ) with ordinality
        as beat (job_id, attempt, token, rank, highest_rank, step, progress, message, ordinality)
      cross join lateral (
        select status, attempt, token, world_size, heartbeat_timeout_seconds, checkpoint_requested_at
        from training.training_jobs
        where project_id = ${projectId}::bigint and job_id = beat.job_id
        limit 1
      ) as job
    ),
    held as materialized (
      select own.*, ranks.project_id, clock_timestamp() as beat_at, own.status = 'running'
        and coalesce(ranks.checkpoint_told_at < own.checkpoint_requested_at, own.checkpoint_requested_at is not null)
        as is_asked
      from (
        select * from beats
        where status in ('running', 'cancelling') and attempt = current_attempt
          and token = current_token::text and highest_rank < world_size
        order by job_id, attempt, rank
      ) as own
      cross join lateral (
        select project_id, checkpoint_told_at from training.ranks
        where project_id = ${projectId}::bigint and job_id = own.job_id
          and attempt = own.attempt and rank = own.rank
        limit 1
        for no key update
      ) as ranks
    ),
    written as (
      update training.ranks as ranks set
        beat_at = held.beat_at,
        stepped_at = case when held.step <> ranks.step or ranks.step is null and held.step is not null
          then held.beat_at else ranks.stepped_at end,
        checkpoint_told_at = case when held.is_asked
          then held.checkpoint_requested_at else ranks.checkpoint_told_at end,
        step = coalesce(held.step, ranks.step),
        progress = coalesce(held.progress, ranks.progress),
        message = coalesce(held.message, ranks.message)
      from held
      where ranks.project_id = held.project_id and ranks.job_id = held.job_id
        and ranks.attempt = held.attempt and ranks.rank = held.rank
      returning held.job_id, held.ordinality::int4 - 1 as position, held.is_asked
    ),
    done as (
      select job_id, array_agg(position) as written, array_agg(position) filter (where is_asked) as asked
      from written group by job_id
    )
    select job.*, now() as now, coalesce(done.written, '{}') as written, coalesce(done.asked, '{}') as asked
    from (
      select distinct job_id, status, current_attempt as attempt, current_token as token, world_size,
        heartbeat_timeout_seconds
      from beats
    ) as job
    left join done using (job_id)`;
  return db.run("training.write_beats", query, { ...options, idempotent: true });
}

/** A rank of an attempt, as it is or as it was when the attempt ended. */
export interface RankRow {
  readonly attempt: number;
  readonly rank: number;
  readonly step: string | null;
  readonly progress: number | null;
  readonly message: string | null;
  readonly started_at: Instant;
  readonly beat_at: Instant | null;
  readonly stepped_at: Instant | null;
  readonly status: "waiting" | "alive" | "silent";
}

/** Ranks of an attempt in order, after the rank `after`. What they are judged by is its end when it has ended. */
export function listRanks(
  db: Queryable,
  projectId: string,
  jobId: string,
  { attempt, after, rows }: { attempt: number; after: number; rows: number },
): Promise<RankRow[]> {
  const query = sql<RankRow>`
    select attempt.attempt, ranks.*, case
        when ranks.beat_at is null then 'waiting'
        when ranks.beat_at < coalesce(attempt.ended_at, now()) - make_interval(secs => job.heartbeat_timeout_seconds)
          then 'silent'
        else 'alive' end as status
    from training.attempts as attempt
    join training.training_jobs as job on job.project_id = attempt.project_id and job.job_id = attempt.job_id
    cross join lateral (
      select rank, step, progress, message, started_at, beat_at, stepped_at
      from training.ranks as live
      where live.project_id = attempt.project_id and live.job_id = attempt.job_id
        and live.attempt = attempt.attempt and live.rank > ${after}::int
      union all
      select kept.* from jsonb_to_recordset(attempt.ranks) as kept (
        rank int, step bigint, progress float8, message text,
        started_at timestamptz, beat_at timestamptz, stepped_at timestamptz)
      where kept.rank > ${after}::int
    ) as ranks
    where attempt.project_id = ${projectId}::bigint and attempt.job_id = ${jobId}::uuid
      and attempt.attempt = ${attempt}::int
    order by ranks.rank
    limit ${rows}::int`;
  return db.run("training.list_ranks", query, { idempotent: true });
}
