import type { Database } from "@sluice/db";
import { sql } from "kysely";
import type { Lease } from "../leader/lease.ts";
import type { Decision, Outcome } from "./decision.ts";
import type { DatabaseSample } from "./sample.ts";

export type Queryable = Pick<Database<unknown>, "run">;

/** Waiting for a client or a timer is no work; waiting for a lock is counted by itself. */
export async function readDatabaseLoad(db: Queryable): Promise<DatabaseSample> {
  const query = sql<DatabaseSample>`
    select
      (count(*) filter (where state = 'active'
        and coalesce(wait_event_type, 'CPU') in ('CPU', 'IO', 'LWLock', 'BufferPin', 'IPC')))::int as running,
      (count(*) filter (where wait_event_type = 'Lock'))::int as "lockWaiting",
      (count(*) filter (where state = 'active'))::int as active
    from pg_catalog.pg_stat_activity
    where backend_type in ('client backend', 'parallel worker') and pid <> pg_catalog.pg_backend_pid()`;
  const [row] = await db.run("ops.database_load", query, { idempotent: true });
  return row!;
}

export interface PoolSizeRow {
  readonly alias: string;
  readonly pool_size: number;
  readonly configured: number;
  readonly since_change_ms: number;
}

export function listPoolSizes(db: Queryable): Promise<PoolSizeRow[]> {
  const query = sql<PoolSizeRow>`
    select alias, pool_size, configured,
      (extract(epoch from now() - changed_at) * 1000)::float8 as since_change_ms
    from ops.pool_sizes`;
  return db.run("ops.list_pool_sizes", query, { idempotent: true });
}

/**
 * Writes down a change before it is made. Only the holder of the lease can, and only one at a time: the unique index
 * on intended events is the lock.
 * @returns the event's id; undefined when the lease is no longer the caller's
 * @throws PostgresError 23505 while another change is in flight
 */
export async function openIntent(
  db: Queryable,
  { holder, term }: Pick<Lease, "holder" | "term">,
  event: Decision,
  actor: string,
): Promise<string | undefined> {
  const query = sql<{ event_id: string }>`
    insert into ops.scaling_events (alias, action, reason, outcome, size_before, size_asked, detail, seen, actor, term)
    select ${event.alias}, ${event.action}, ${event.reason}, 'intended', ${event.from}::int, ${event.to}::int,
      ${event.detail}, ${json(event.seen)}::jsonb, ${actor}, term
    from ops.autoscaler
    where autoscaler_id = 1 and leader = ${holder} and term = ${term}::bigint and leader_until > now()
    returning event_id`;
  const [row] = await db.run("ops.open_intent", query);
  return row?.event_id;
}

export interface Ending {
  readonly outcome: Exclude<Outcome, "intended">;
  readonly readBack: number | null;
  readonly servers: number | null;
  readonly detail: string;
  /** The pool size that is to last from now on, and the profile's; null = as before. */
  readonly lasting: { readonly poolSize: number; readonly configured: number } | null;
}

/** Ends an intended change, and makes its size the one that is wanted. Nothing when it has ended before. */
export async function closeIntent(db: Queryable, eventId: string, ending: Ending): Promise<void> {
  const query = sql`
    with closed as (
      update ops.scaling_events set outcome = ${ending.outcome}, size_read_back = ${ending.readBack}::int,
        servers_after = ${ending.servers}::int, finished_at = now(), last_at = now(), detail = ${ending.detail}
      where event_id = ${eventId}::bigint and outcome = 'intended'
      returning event_id, alias
    )
    insert into ops.pool_sizes (alias, pool_size, configured, event_id)
    select alias, ${ending.lasting?.poolSize ?? null}::int, ${ending.lasting?.configured ?? null}::int, event_id
    from closed where ${ending.lasting !== null}::boolean
    on conflict (alias) do update set pool_size = excluded.pool_size, configured = excluded.configured,
      changed_at = now(), event_id = excluded.event_id`;
  await db.run("ops.close_intent", query, { idempotent: true });
}

export interface IntentRow {
  readonly event_id: string;
  readonly alias: string;
  readonly action: Decision["action"];
  readonly reason: Decision["reason"];
  readonly size_before: number;
  readonly size_asked: number;
  readonly actor: string;
}

/** The change that somebody began and did not end. */
export async function findIntent(db: Queryable): Promise<IntentRow | undefined> {
  const query = sql<IntentRow>`
    select event_id, alias, action, reason, size_before, size_asked, actor
    from ops.scaling_events where outcome = 'intended'`;
  const [row] = await db.run("ops.find_intent", query, { idempotent: true });
  return row;
}

/**
 * Notes a decision that changed nothing. One like the alias's last event is counted there, unless it has to have a row
 * of its own.
 */
export async function recordDecision(
  db: Queryable,
  event: Decision,
  outcome: "dry_run" | "refused" | "none",
  actor: string,
  ownRow: boolean,
): Promise<void> {
  const query = sql`
    with latest as materialized (
      select event_id, action, reason, outcome, size_before, size_asked, actor from ops.scaling_events
      where alias = ${event.alias} order by event_id desc limit 1
    ),
    repeated as (
      update ops.scaling_events as event set repeats = event.repeats + 1, last_at = now(), detail = ${event.detail},
        seen = ${json(event.seen)}::jsonb
      from latest
      where event.event_id = latest.event_id and not ${ownRow}::boolean and latest.action = ${event.action}
        and latest.reason = ${event.reason} and latest.outcome = ${outcome} and latest.actor = ${actor}
        and latest.size_before = ${event.from}::int and latest.size_asked = ${event.to}::int
      returning event.event_id
    )
    insert into ops.scaling_events (alias, action, reason, outcome, size_before, size_asked, detail, seen, actor, term)
    select ${event.alias}, ${event.action}, ${event.reason}, ${outcome}, ${event.from}::int, ${event.to}::int,
      ${event.detail}, ${json(event.seen)}::jsonb, ${actor}, term
    from ops.autoscaler where autoscaler_id = 1 and not exists (select from repeated)`;
  await db.run("ops.record_decision", query);
}

function json(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
