import type { Queryable } from "@sluice/auth";
import { sql } from "kysely";

const READ = { idempotent: true };

/** A row of monitoring.connection_stats. */
export interface ConnectionStats {
  readonly role: string;
  /** null for a role that is not a workload's. */
  readonly workload: string | null;
  readonly backends: number;
  readonly active: number;
  readonly idle: number;
  readonly idle_in_transaction: number;
  readonly waiting: number;
  /** Sessions of which the monitor may not see the state. */
  readonly hidden: number;
  readonly longest_active_seconds: number | null;
  readonly longest_transaction_seconds: number | null;
}

export function readConnectionStats(db: Queryable): Promise<ConnectionStats[]> {
  const query = sql<ConnectionStats>`
    select role, workload, backends, active, idle, idle_in_transaction, waiting, hidden, longest_active_seconds,
      longest_transaction_seconds
    from monitoring.connection_stats order by backends desc, role`;
  return db.run("monitoring.connection_stats", query, READ);
}

/** What the server as a whole says. Counters since its statistics were reset. */
export interface ServerState {
  readonly max_connections: number;
  /** Kept for superusers and, from 16 on, for roles with pg_use_reserved_connections. */
  readonly reserved_connections: number;
  /** Whether the monitor sees other roles' statements and states: it is a member of pg_monitor. */
  readonly complete: boolean;
  readonly hit_blocks: number;
  readonly read_blocks: number;
  readonly commits: number;
  readonly rollbacks: number;
  readonly deadlocks: number;
  /** Sessions that wait for a lock, of which the whole tree is worth a look. */
  readonly lock_waiters: number;
}

export async function readServerState(db: Queryable): Promise<ServerState> {
  const query = sql<ServerState>`
    select current_setting('max_connections')::int as max_connections,
      current_setting('superuser_reserved_connections')::int
        + coalesce(current_setting('reserved_connections', true)::int, 0) as reserved_connections,
      pg_has_role(current_user, 'pg_read_all_stats', 'usage') as complete,
      blks_hit::float8 as hit_blocks, blks_read::float8 as read_blocks, xact_commit::float8 as commits,
      xact_rollback::float8 as rollbacks, deadlocks::float8 as deadlocks,
      (select count(*) from pg_catalog.pg_locks where not granted)::int as lock_waiters
    from pg_catalog.pg_stat_database where datname = current_database()`;
  const [row] = await db.run("monitoring.server_state", query, READ);
  return row!;
}

/** A row of monitoring.lock_waits: one session of the forest, in depth-first order. */
export interface LockWait {
  readonly root_pid: number;
  readonly depth: number;
  readonly pid: number;
  readonly blocked_by: readonly number[];
  readonly role: string | null;
  readonly workload: string | null;
  readonly application: string | null;
  readonly client_address: string | null;
  readonly state: string | null;
  /** What it waits for; null of a root, which waits for nobody. */
  readonly lock_type: string | null;
  readonly lock_mode: string | null;
  readonly relation: string | null;
  readonly waiting_seconds: number | null;
  readonly transaction_seconds: number | null;
  readonly statement: string | null;
}

/** Far more than there are sessions anywhere we know of. */
const MOST_SESSIONS = 5_000;

export function readLockWaits(db: Queryable): Promise<LockWait[]> {
  const query = sql<LockWait>`
    select root_pid, depth, pid, blocked_by, role, workload, application, client_address, state, lock_type, lock_mode,
      relation, waiting_seconds, transaction_seconds, statement
    from monitoring.lock_waits order by path limit ${MOST_SESSIONS}`;
  return db.run("monitoring.lock_waits", query, READ);
}

/** A row of monitoring.connection_sources. */
export interface BackendSource {
  readonly application: string;
  readonly client_address: string | null;
  readonly role: string;
  readonly workload: string | null;
  readonly connected_from: string | null;
  readonly backends: number;
  readonly active: number;
  readonly idle: number;
  readonly idle_in_transaction: number;
  readonly longest_transaction_seconds: number | null;
}

export function readConnectionSources(db: Queryable): Promise<BackendSource[]> {
  const query = sql<BackendSource>`
    select application, client_address, role, workload, connected_from, backends, active, idle, idle_in_transaction,
      longest_transaction_seconds
    from monitoring.connection_sources order by backends desc, role, application, client_address limit ${MOST_SESSIONS}`;
  return db.run("monitoring.connection_sources", query, READ);
}

/** A row of monitoring.top_statements. */
export interface Statement {
  readonly query_id: string | null;
  readonly role: string | null;
  readonly workload: string | null;
  readonly calls: number;
  readonly total_ms: number;
  readonly mean_ms: number;
  readonly max_ms: number;
  readonly stddev_ms: number;
  readonly rows_a_call: number | null;
  readonly blocks_a_call: number | null;
  readonly hit_ratio: number | null;
  readonly statement: string | null;
}

export function readTopStatements(db: Queryable, limit: number): Promise<Statement[]> {
  const query = sql<Statement>`
    select query_id, role, workload, calls::float8 as calls, total_ms, mean_ms, max_ms, stddev_ms, rows_a_call,
      blocks_a_call, hit_ratio, statement
    from monitoring.top_statements order by total_ms desc, query_id limit ${limit}`;
  return db.run("monitoring.top_statements", query, READ);
}

/** A row of monitoring.cache_hit. */
export interface CacheHit {
  /** Both null for the database as a whole. */
  readonly schema_name: string | null;
  readonly table_name: string | null;
  readonly hit_blocks: number;
  readonly read_blocks: number;
  readonly hit_ratio: number | null;
}

export function readCacheHit(db: Queryable): Promise<CacheHit[]> {
  const query = sql<CacheHit>`
    select schema_name, table_name, hit_blocks::float8 as hit_blocks, read_blocks::float8 as read_blocks, hit_ratio
    from monitoring.cache_hit order by table_name is not null, read_blocks desc, schema_name, table_name`;
  return db.run("monitoring.cache_hit", query, READ);
}

/** A row of monitoring.index_usage. */
export interface IndexUsage {
  readonly schema_name: string;
  readonly table_name: string;
  readonly index_name: string;
  readonly scans: number;
  readonly entries_read: number;
  readonly rows_fetched: number;
  readonly size_bytes: number;
  readonly is_valid: boolean;
  readonly is_unique: boolean;
  readonly is_unused: boolean;
}

export function readIndexUsage(db: Queryable): Promise<IndexUsage[]> {
  const query = sql<IndexUsage>`
    select schema_name, table_name, index_name, scans::float8 as scans, entries_read::float8 as entries_read,
      rows_fetched::float8 as rows_fetched, size_bytes::float8 as size_bytes, is_valid, is_unique, is_unused
    from monitoring.index_usage order by size_bytes desc, schema_name, index_name`;
  return db.run("monitoring.index_usage", query, READ);
}

/** A row of monitoring.table_health. */
export interface TableHealth {
  readonly schema_name: string;
  readonly table_name: string;
  readonly live_rows: number;
  readonly dead_rows: number;
  readonly dead_ratio: number | null;
  readonly updates: number;
  readonly hot_updates: number;
  readonly hot_ratio: number | null;
  readonly sequential_scans: number;
  readonly index_scans: number | null;
  readonly size_bytes: number;
  readonly estimated_bloat_ratio: number | null;
  readonly last_vacuum_at: string | null;
  readonly last_analyze_at: string | null;
  readonly transaction_id_age: number;
}

export function readTableHealth(db: Queryable): Promise<TableHealth[]> {
  const query = sql<TableHealth>`
    select schema_name, table_name, live_rows::float8 as live_rows, dead_rows::float8 as dead_rows, dead_ratio,
      updates::float8 as updates, hot_updates::float8 as hot_updates, hot_ratio,
      sequential_scans::float8 as sequential_scans, index_scans::float8 as index_scans, size_bytes::float8 as size_bytes,
      estimated_bloat_ratio, last_vacuum_at, last_analyze_at, transaction_id_age
    from monitoring.table_health order by size_bytes desc, schema_name, table_name`;
  return db.run("monitoring.table_health", query, READ);
}
