import { type RawBuilder, sql } from "kysely";
import { fenced, type Queryable } from "../transitions/queries.ts";

/** The longest outage of the service, or of the database, that may go unnoticed: silence has to last longer by so much. */
const SLACK_SECONDS = 3;
/** An instance that has not renewed its lease for so long is not the sweeper any more. */
const LEASE_SECONDS = 5;
/** Ranks of one attempt start far apart: containers are pulled, and those that are up wait for the others. */
const START_UP = { timeouts: 4, leastSeconds: 60 };
/** How long the queue may take to put back a job whose pause is over. */
const QUEUE_SECONDS = 10;
/** Jobs of one sweep; the rest follows with the next. */
const MAX_JOBS = 500;
/** Keys deleted by one statement. */
const KEY_BATCH = 1_000;

/** An attempt that is the current one of its job. */
export interface CurrentAttempt {
  readonly project_id: string;
  readonly job_id: string;
  readonly attempt: number;
  readonly token: string;
}

/**
 * Notes that heartbeats can be taken now, and makes `sweeper` the one who sweeps if the lease is its own or has run
 * out: one compare-and-set on one row. After a gap of more than the slack, listening begins anew.
 * @returns whether `sweeper` has the lease.
 */
export async function keepWatch(db: Queryable, sweeper: string): Promise<boolean> {
  const isFree = sql`(sweeper = ${sweeper} or sweeper_until < now())`;
  const query = sql<{ is_sweeper: boolean }>`
    update training.watch set
      listening_since = case when now() - listening_at > ${seconds(SLACK_SECONDS)} then now() else listening_since end,
      listening_at = greatest(listening_at, now()),
      sweeper = case when ${isFree} then ${sweeper} else sweeper end,
      sweeper_until = case when ${isFree} then now() + ${seconds(LEASE_SECONDS)} else sweeper_until end
    where watch_id = 1
    returning sweeper = ${sweeper} as is_sweeper`;
  const [row] = await db.run("training.keep_watch", query, { idempotent: true });
  return row?.is_sweeper ?? false;
}

/** An attempt with a rank that has been silent for too long: the most silent one. */
export interface LostAttempt extends CurrentAttempt {
  readonly rank: number;
  /** When it was heard last, or started. */
  readonly heard_at: string;
  readonly has_beaten: boolean;
  readonly silent_seconds: number;
}

/**
 * Attempts of which a rank is lost. Silence counts only while somebody could have heard: from when the service began
 * to listen without a pause. While nobody has noted for the slack that he listens, as right after an outage, there are
 * none.
 *
 * Reads all of training.ranks, which is small, and one row of jobs for each attempt; locks nothing.
 */
export function listLost(db: Queryable): Promise<LostAttempt[]> {
  const query = sql<LostAttempt>`
    with ${WATCH},
    heard as (
      select project_id, job_id, attempt, rank, coalesce(beat_at, started_at) as heard_at,
        beat_at is not null as has_beaten,
        bool_or(beat_at is not null) over (partition by project_id, job_id, attempt) as others_have
      from training.ranks
    ),
    most_silent as (
      select distinct on (project_id, job_id, attempt, has_beaten) * from heard
      order by project_id, job_id, attempt, has_beaten, heard_at
    )
    select distinct on (most_silent.project_id, most_silent.job_id) most_silent.project_id, most_silent.job_id,
      most_silent.attempt, job.token, most_silent.rank, most_silent.heard_at, most_silent.has_beaten,
      extract(epoch from now() - most_silent.heard_at)::float8 as silent_seconds
    from watch cross join most_silent ${currentJob("most_silent", sql`('running', 'cancelling')`)}
    where now() - greatest(most_silent.heard_at, watch.listening_since) > ${seconds(SLACK_SECONDS)} + make_interval(
      secs => case when has_beaten or not others_have then job.heartbeat_timeout_seconds
        else greatest(job.heartbeat_timeout_seconds * ${START_UP.timeouts}::int, ${START_UP.leastSeconds}::int) end)
    order by most_silent.project_id, most_silent.job_id, most_silent.heard_at
    limit ${MAX_JOBS}::int`;
  return db.run("training.list_lost", query, { idempotent: true });
}

/** The job of a lost attempt, unless the rank was heard of since. */
export function stillSilent(lost: LostAttempt): RawBuilder<unknown> {
  return sql`
    select job.* from training.training_jobs as job
    where job.project_id = ${lost.project_id}::bigint and job.job_id = ${lost.job_id}::uuid
      and job.attempt = ${lost.attempt}::int and job.token = ${lost.token}::uuid
      and exists (
        select from training.ranks
        where project_id = job.project_id and job_id = job.job_id and attempt = job.attempt
          and rank = ${lost.rank}::int and coalesce(beat_at, started_at) = ${lost.heard_at}::timestamptz
      )
    for update of job`;
}

/** A running attempt whose steps stand still, or did when it was flagged. */
export interface StandingAttempt extends CurrentAttempt {
  /** When a step moved last. */
  readonly stepped_at: string;
  readonly stands: boolean;
  readonly is_flagged: boolean;
}

/**
 * Attempts that beat although none of their steps has moved for the hang time, and those that are flagged for that.
 * Like `listLost` in what it counts and reads.
 */
export function listStanding(db: Queryable, hangSeconds: number): Promise<StandingAttempt[]> {
  const query = sql<StandingAttempt>`
    with ${WATCH},
    steps as (
      select project_id, job_id, attempt, max(stepped_at) as stepped_at, max(beat_at) as beat_at
      from training.ranks
      group by project_id, job_id, attempt
      having count(stepped_at) > 0
    ),
    judged as (
      select steps.project_id, steps.job_id, steps.attempt, job.token, steps.stepped_at,
        job.hung_since is not null as is_flagged,
        coalesce(steps.stepped_at = job.hung_since, steps.beat_at - steps.stepped_at > ${seconds(hangSeconds)}
          and now() - greatest(steps.stepped_at, watch.listening_since) > ${seconds(hangSeconds)}) as stands
      from watch cross join steps ${currentJob("steps", sql`('running')`)}
    )
    select * from judged where stands or is_flagged`;
  return db.run("training.list_standing", query, { idempotent: true });
}

/** Flags a job as hung, once, and has the webhooks called that want to know. */
export async function flagHung(db: Queryable, attempt: StandingAttempt): Promise<void> {
  const query = sql`
    with chosen as materialized (${chosenBy(attempt)}),
    flagged as (
      update training.training_jobs as job set hung_since = ${attempt.stepped_at}::timestamptz, updated_at = now()
      from chosen
      where job.project_id = chosen.project_id and job.job_id = chosen.job_id
        and chosen.status = 'running' and chosen.hung_since is null
      returning job.*
    )
    insert into training.outbox (project_id, kind, job_id, payload)
    select flagged.project_id, 'webhook', flagged.job_id, jsonb_build_object(
      'webhook', webhook.name, 'event', 'hung', 'sequence', flagged.sequence, 'attempt', flagged.attempt,
      'from', flagged.status, 'to', flagged.status, 'reason', 'hung',
      'message', 'no step has moved since ' || ${attempt.stepped_at}::text, 'at', now())
    from flagged join training.webhooks as webhook on webhook.project_id = flagged.project_id
    where 'hung' = any(webhook.events)`;
  await db.run("training.flag_hung", query, { idempotent: true });
}

export async function clearHung(db: Queryable, attempt: StandingAttempt): Promise<void> {
  const query = sql`
    with chosen as materialized (${chosenBy(attempt)})
    update training.training_jobs as job set hung_since = null, updated_at = now() from chosen
    where job.project_id = chosen.project_id and job.job_id = chosen.job_id`;
  await db.run("training.clear_hung", query, { idempotent: true });
}

/** Jobs whose pause is over and that nobody has put back: the queue lost them, or has stopped. */
export function listForgotten(db: Queryable): Promise<CurrentAttempt[]> {
  const query = sql<CurrentAttempt>`
    select project_id, job_id, attempt, token from training.training_jobs
    where status = 'retrying' and retry_at < now() - ${seconds(QUEUE_SECONDS)}
    order by retry_at limit ${MAX_JOBS}::int`;
  return db.run("training.list_forgotten", query, { idempotent: true });
}

/** The job, if the attempt is its current one; locked. */
export function chosenBy({
  project_id,
  job_id,
  attempt,
  token,
}: CurrentAttempt): RawBuilder<unknown> {
  return fenced(project_id, job_id, attempt, token);
}

/** A project that has outdated idempotency keys. */
export async function findOutdatedKeys(db: Queryable): Promise<string | undefined> {
  const query = sql<{ project_id: string }>`
    select project_id from training.idempotency_keys where created_at < now() - interval '24 hours' limit 1`;
  const [row] = await db.run("training.find_outdated_keys", query, { idempotent: true });
  return row?.project_id;
}

/** Deletes a batch of a project's outdated keys. One that is used again at this moment is passed by. */
export async function deleteOutdatedKeys(db: Queryable, projectId: string): Promise<void> {
  const query = sql`
    with outdated as materialized (
      select project_id, key from training.idempotency_keys
      where project_id = ${projectId}::bigint and created_at < now() - interval '24 hours'
      order by key limit ${KEY_BATCH}::int
      for update skip locked
    )
    delete from training.idempotency_keys as known using outdated
    where known.project_id = outdated.project_id and known.key = outdated.key`;
  await db.run("training.delete_outdated_keys", query, { idempotent: true });
}

const WATCH = sql`
  watch as (
    select listening_since from training.watch
    where watch_id = 1 and now() - listening_at < ${seconds(SLACK_SECONDS)}
  )`;

/** Joins the job that an attempt is the current one of. LIMIT 1 keeps it a probe of the key, whatever the statistics say. */
function currentJob(relation: string, statuses: RawBuilder<unknown>): RawBuilder<unknown> {
  const attempt = sql.table(relation);
  return sql`
    cross join lateral (
      select token, hung_since, heartbeat_timeout_seconds from training.training_jobs
      where project_id = ${attempt}.project_id and job_id = ${attempt}.job_id and attempt = ${attempt}.attempt
        and status in ${statuses}
      limit 1
    ) as job`;
}

function seconds(count: number): RawBuilder<unknown> {
  return sql`make_interval(secs => ${count}::float8)`;
}
