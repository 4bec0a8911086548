import type { Queryable } from "@sluice/auth";
import { sql } from "kysely";

/** What a statement looks at: few enough that it takes milliseconds and nobody waits for its locks. */
export const BATCH = 1_000;

/**
 * Each forgets those of the oldest `BATCH` rows that are older than `days`. Two at once take nothing from each other.
 * @returns how many
 */
export type Forget = (db: Queryable, days: number) => Promise<number>;

/** One that still fires is told of again and again. One that is not was forgotten by Alertmanager. */
export const forgetAlerts: Forget = async (db, days) => {
  const query = sql`
    delete from monitoring.alerts where ctid = any(array(
      select ctid from monitoring.alerts
      where starts_at < now() - make_interval(days => ${days}::int)
        and updated_at < now() - make_interval(days => ${days}::int)
      order by starts_at, fingerprint limit ${BATCH}::int for update skip locked
    )) returning 1`;
  return (await db.run("retention.forget_alerts", query)).length;
};

/** Ids grow with time: the oldest are the first of the primary key, and no index by time is needed. */
export const forgetAuditLog: Forget = async (db, days) => {
  const query = sql`
    delete from auth.audit_log where entry_id = any(array(
      select entry_id from (select entry_id, at from auth.audit_log order by entry_id limit ${BATCH}::int) as oldest
      where at < now() - make_interval(days => ${days}::int)
    )) returning 1`;
  return (await db.run("retention.forget_audit_log", query)).length;
};

/** Except those by which a pool has its present size. */
export const forgetScalingEvents: Forget = async (db, days) => {
  const query = sql`
    delete from ops.scaling_events where event_id = any(array(
      select event_id from (
        select event_id, last_at, outcome from ops.scaling_events order by event_id limit ${BATCH}::int
      ) as oldest
      where last_at < now() - make_interval(days => ${days}::int) and outcome <> 'intended'
        and event_id not in (select event_id from ops.pool_sizes)
    )) returning 1`;
  return (await db.run("retention.forget_scaling_events", query)).length;
};

/** Except those by which a gate has its present settings. */
export const forgetConfigChanges: Forget = async (db, days) => {
  const query = sql`
    delete from ops.config_changes where change_id = any(array(
      select change_id from (
        select change_id, finished_at from ops.config_changes order by change_id limit ${BATCH}::int
      ) as oldest
      where finished_at < now() - make_interval(days => ${days}::int)
        and change_id not in (select change_id from ops.gate_settings)
    )) returning 1`;
  return (await db.run("retention.forget_config_changes", query)).length;
};
