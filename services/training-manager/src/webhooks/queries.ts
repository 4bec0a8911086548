import type { KeysetPage } from "@sluice/http";
import { sql } from "kysely";
import type { OutboxRef } from "../outbox/outbox-queue.ts";
import type { Queryable } from "../transitions/queries.ts";

/** A webhook as it is shown: without its secret. */
export interface WebhookRow {
  readonly name: string;
  readonly url: string;
  readonly events: string[];
  readonly created_at: string;
  readonly updated_at: string;
}

export interface NewWebhook extends Pick<WebhookRow, "name" | "url" | "events"> {
  readonly secret: string;
}

const COLUMNS = sql`name, url, events, created_at, updated_at`;

/** Makes a webhook, or replaces all of it. */
export async function upsertWebhook(
  db: Queryable,
  projectId: string,
  { name, url, events, secret }: NewWebhook,
): Promise<WebhookRow & { readonly created: boolean }> {
  const query = sql<WebhookRow & { created: boolean }>`
    insert into training.webhooks as stored (project_id, name, url, events, secret)
    values (${projectId}::bigint, ${name}, ${url}, ${events}::text[], ${secret})
    on conflict (project_id, name) do update set
      url = excluded.url, events = excluded.events, secret = excluded.secret, updated_at = now()
    returning ${COLUMNS}, stored.xmax = 0 as created`;
  const [row] = await db.run("training.upsert_webhook", query, { idempotent: true });
  return row!;
}

export async function findWebhook(
  db: Queryable,
  projectId: string,
  name: string,
): Promise<WebhookRow | undefined> {
  const query = sql<WebhookRow>`
    select ${COLUMNS} from training.webhooks where project_id = ${projectId}::bigint and name = ${name}`;
  const [row] = await db.run("training.find_webhook", query, { idempotent: true });
  return row;
}

/** Webhooks in order of name. */
export function listWebhooks(
  db: Queryable,
  projectId: string,
  { after, rows }: KeysetPage,
): Promise<WebhookRow[]> {
  const query = sql<WebhookRow>`
    select ${COLUMNS} from training.webhooks
    where project_id = ${projectId}::bigint and name > ${after} order by name limit ${rows}::int`;
  return db.run("training.list_webhooks", query, { idempotent: true });
}

/** @returns whether there was one. */
export async function deleteWebhook(
  db: Queryable,
  projectId: string,
  name: string,
): Promise<boolean> {
  const query = sql`
    delete from training.webhooks where project_id = ${projectId}::bigint and name = ${name} returning 1`;
  const rows = await db.run("training.delete_webhook", query);
  return rows.length > 0;
}

/** What is to be told to whom. */
export interface Delivery {
  readonly job_id: string;
  readonly project: string;
  readonly at: string;
  /** As the statement that changed the job wrote it. */
  readonly payload: Readonly<Record<string, unknown>>;
  readonly url: string;
  readonly secret: string;
}

export async function findDelivery(
  db: Queryable,
  { projectId, outboxId }: OutboxRef,
): Promise<Delivery | undefined> {
  const query = sql<Delivery>`
    select waiting.job_id, project.name as project, (waiting.payload ->> 'at')::timestamptz as at, waiting.payload,
      webhook.url, webhook.secret
    from training.outbox as waiting
    join auth.projects as project on project.project_id = waiting.project_id
    join training.webhooks as webhook
      on webhook.project_id = waiting.project_id and webhook.name = waiting.payload ->> 'webhook'
    where waiting.project_id = ${projectId}::bigint and waiting.outbox_id = ${outboxId}::uuid
      and waiting.failed_at is null`;
  const [row] = await db.run("training.find_delivery", query, { idempotent: true });
  return row;
}
