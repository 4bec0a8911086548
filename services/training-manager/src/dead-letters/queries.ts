import type { KeysetPage } from "@sluice/http";
import { sql } from "kysely";
import type { OutboxKind } from "../outbox/outbox-queue.ts";
import type { Queryable } from "../transitions/queries.ts";

/** A row of the outbox that was given up. */
export interface DeadLetterRow {
  readonly id: string;
  readonly kind: OutboxKind;
  readonly job_id: string;
  readonly error: string;
  readonly created_at: string;
  readonly failed_at: string;
  readonly payload: Record<string, unknown>;
}

/** Place of a dead letter in its list. */
export function keyOf({ failed_at, id }: DeadLetterRow): string {
  return `${failed_at} ${id}`;
}

/** Dead letters from the newest to the oldest. */
export function listDeadLetters(
  db: Queryable,
  projectId: string,
  { after, rows }: KeysetPage,
): Promise<DeadLetterRow[]> {
  const [failedAt = "", id = ""] = after.split(" ");
  const older =
    after === ""
      ? sql``
      : sql`and (failed_at, outbox_id) < (${failedAt}::timestamptz, ${id}::uuid)`;
  const query = sql<DeadLetterRow>`
    select outbox_id as id, kind, job_id, error, created_at, failed_at, payload from training.outbox
    where project_id = ${projectId}::bigint and failed_at is not null ${older}
    order by failed_at desc, outbox_id desc
    limit ${rows}::int`;
  return db.run("training.list_dead_letters", query, { idempotent: true });
}

/** Gives a dead letter back to the queue, with all its tries. Undefined when there is no such dead letter. */
export async function reviveDeadLetter(
  db: Queryable,
  projectId: string,
  id: string,
): Promise<DeadLetterRow | undefined> {
  const query = sql<DeadLetterRow>`
    with dead as (
      select * from training.outbox
      where project_id = ${projectId}::bigint and outbox_id = ${id}::uuid and failed_at is not null
      for update
    )
    update training.outbox as stored set failed_at = null, error = null, relayed_at = null, due_at = now()
    from dead where stored.project_id = dead.project_id and stored.outbox_id = dead.outbox_id
    returning dead.outbox_id as id, dead.kind, dead.job_id, dead.error, dead.created_at, dead.failed_at, dead.payload`;
  const [row] = await db.run("training.revive_dead_letter", query);
  return row;
}

/** @returns whether there was one. */
export async function deleteDeadLetter(
  db: Queryable,
  projectId: string,
  id: string,
): Promise<boolean> {
  const query = sql`
    delete from training.outbox
    where project_id = ${projectId}::bigint and outbox_id = ${id}::uuid and failed_at is not null
    returning 1`;
  const rows = await db.run("training.delete_dead_letter", query);
  return rows.length > 0;
}
