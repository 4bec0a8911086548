import { type RawBuilder, sql } from "kysely";
import type { Queryable } from "../transitions/queries.ts";
import type { OutboxKind, OutboxRef } from "./outbox-queue.ts";

/** A row that belongs into the queue. */
export interface DueRow {
  readonly project_id: string;
  readonly outbox_id: string;
  readonly kind: OutboxKind;
  /** Until it is due, by the database's clock. */
  readonly delay_ms: number;
}

/**
 * Rows that are due within a minute and are not known to be in the queue: never put there, or before Redis lost its
 * memory, or longer ago than 30 s, since it may have lost them otherwise. The longest due come first. Locks nothing.
 * @param rememberedSince milliseconds of the epoch
 */
export function listDue(db: Queryable, rememberedSince: number, rows: number): Promise<DueRow[]> {
  const query = sql<DueRow>`
    select project_id, outbox_id, kind,
      greatest(0, ceil(extract(epoch from due_at - now()) * 1000))::int4 as delay_ms
    from training.outbox
    where failed_at is null and due_at < now() + interval '1 minute'
      and (relayed_at is null or relayed_at < greatest(
        now() - interval '30 seconds', to_timestamp(${rememberedSince}::float8 / 1000)))
    order by due_at
    limit ${rows}::int`;
  return db.run("training.list_due_outbox", query, { idempotent: true });
}

/** Notes that rows of one project were put into the queue. Rows that somebody holds are passed by: another relay, or who is done. */
export async function markRelayed(
  db: Queryable,
  projectId: string,
  outboxIds: readonly string[],
): Promise<void> {
  const query = sql`
    with relayed as materialized (
      select project_id, outbox_id from training.outbox
      where project_id = ${projectId}::bigint and outbox_id = any(${outboxIds}::uuid[])
      for update skip locked
    )
    update training.outbox as stored set relayed_at = now() from relayed
    where stored.project_id = relayed.project_id and stored.outbox_id = relayed.outbox_id`;
  await db.run("training.mark_relayed", query, { idempotent: true });
}

/** The attempt after which a job waits for the next one. Undefined when the row was dealt with. */
export async function findRetry(
  db: Queryable,
  { projectId, outboxId }: OutboxRef,
): Promise<{ job_id: string; attempt: number } | undefined> {
  const query = sql<{ job_id: string; attempt: number }>`
    select job_id, (payload ->> 'attempt')::int4 as attempt from training.outbox
    where project_id = ${projectId}::bigint and outbox_id = ${outboxId}::uuid and failed_at is null`;
  const [row] = await db.run("training.find_retry", query, { idempotent: true });
  return row;
}

/** The job, if the attempt still is its last: together with the state, what makes a repeated retry change nothing. */
export function lastAttempt(
  projectId: string,
  jobId: string,
  attempt: number,
): RawBuilder<unknown> {
  return sql`
    select * from training.training_jobs
    where project_id = ${projectId}::bigint and job_id = ${jobId}::uuid and attempt = ${attempt}::int
    for update`;
}

/** What the row asked for is done. */
export async function deleteDone(db: Queryable, { projectId, outboxId }: OutboxRef): Promise<void> {
  const query = sql`
    delete from training.outbox
    where project_id = ${projectId}::bigint and outbox_id = ${outboxId}::uuid`;
  await db.run("training.delete_outbox", query, { idempotent: true });
}

/** Makes the row a dead letter. */
export async function markFailed(
  db: Queryable,
  { projectId, outboxId }: OutboxRef,
  error: string,
): Promise<void> {
  const query = sql`
    update training.outbox set failed_at = now(), error = ${error}
    where project_id = ${projectId}::bigint and outbox_id = ${outboxId}::uuid and failed_at is null`;
  await db.run("training.mark_outbox_failed", query, { idempotent: true });
}
