-- What operators look at: who did what, which alerts fire, and what the database's sessions do.

-- Schema monitoring is read by sluice_monitor, whose statements see other sessions as a member of pg_monitor. Where that
-- membership could not be granted, the views show what everybody may see.
CREATE SCHEMA monitoring;
GRANT USAGE ON SCHEMA monitoring TO sluice_monitor;

-- ops verifies keys through the gate of diagnostics, which then depend on no other workload.
GRANT USAGE ON SCHEMA auth TO sluice_monitor;
GRANT SELECT ON auth.tenants, auth.projects, auth.api_keys, auth.quotas TO sluice_monitor;

-- Every change to tenants, projects, keys and quotas, written in the transaction that makes it, and never changed.
CREATE TABLE auth.audit_log (
  entry_id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL DEFAULT now(),
  -- `key:<id>`, `cli:<user>` or `system:<part>`.
  actor text NOT NULL,
  action text NOT NULL,
  tenant text COLLATE "C",
  -- What was acted on: a name, or the id of a key.
  target text NOT NULL,
  details jsonb NOT NULL,
  request_id text,
  CONSTRAINT audit_log_pkey PRIMARY KEY (entry_id)
);

-- What happened to one tenant, the newest first.
CREATE INDEX audit_log_tenant_entry_id_idx ON auth.audit_log (tenant, entry_id);

GRANT SELECT, INSERT ON auth.audit_log TO sluice_admin;

-- Answers of requests that carried an Idempotency-Key, for 24 hours. An answer may hold a new API key: it is sealed
-- with the secret of the key that asked, which is not stored.
CREATE TABLE auth.idempotency_keys (
  caller_id text COLLATE "C" NOT NULL,
  key_sha256 bytea NOT NULL,
  request_sha256 bytea NOT NULL,
  sealed_answer bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller_id, key_sha256),
  CONSTRAINT idempotency_keys_key_sha256_check CHECK (octet_length(key_sha256) = 32),
  CONSTRAINT idempotency_keys_request_sha256_check CHECK (octet_length(request_sha256) = 32)
);

-- Finds the old ones.
CREATE INDEX idempotency_keys_created_at_idx ON auth.idempotency_keys (created_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON auth.idempotency_keys TO sluice_admin;

-- Alerts as Alertmanager last told of them, one row for an alert and the time it began.
CREATE TABLE monitoring.alerts (
  fingerprint text COLLATE "C" NOT NULL,
  starts_at timestamptz NOT NULL,
  -- Null while it fires.
  ends_at timestamptz,
  name text NOT NULL,
  severity text,
  receiver text NOT NULL,
  labels jsonb NOT NULL,
  annotations jsonb NOT NULL,
  generator_url text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT alerts_pkey PRIMARY KEY (fingerprint, starts_at)
);

-- The list: by time, the newest first.
CREATE INDEX alerts_starts_at_fingerprint_idx ON monitoring.alerts (starts_at, fingerprint);

GRANT SELECT, INSERT, UPDATE, DELETE ON monitoring.alerts TO sluice_monitor;

-- The views below show what the reader may see: without pg_monitor the statements and states of other roles are null.
-- Nothing in them waits for a lock of a user's table, so that they answer in the middle of what they are asked about:
-- sizes are the pages of the last VACUUM or ANALYZE, since pg_relation_size takes a lock.

-- Sessions by role. A session at rest also waits for an event, namely for its client; `waiting` leaves these out.
CREATE VIEW monitoring.connection_stats AS
SELECT
  a.usename::text AS role,
  substring(a.usename::text FROM '^sluice_(.+)$') AS workload,
  count(*)::int AS backends,
  (count(*) FILTER (WHERE a.state = 'active' AND a.pid <> pg_backend_pid()))::int AS active,
  (count(*) FILTER (WHERE a.state = 'idle'))::int AS idle,
  (count(*) FILTER (WHERE a.state LIKE 'idle in transaction%'))::int AS idle_in_transaction,
  (count(*) FILTER (WHERE a.state = 'active' AND a.wait_event_type <> 'Client'))::int AS waiting,
  (count(*) FILTER (WHERE a.backend_type IS NULL))::int AS hidden,
  (max(extract(epoch FROM clock_timestamp() - a.query_start))
    FILTER (WHERE a.state = 'active' AND a.pid <> pg_backend_pid()))::float8 AS longest_active_seconds,
  (max(extract(epoch FROM clock_timestamp() - a.xact_start))
    FILTER (WHERE a.pid <> pg_backend_pid()))::float8 AS longest_transaction_seconds
FROM pg_catalog.pg_stat_activity a
WHERE a.datid IS NOT NULL AND coalesce(a.backend_type, 'client backend') = 'client backend'
GROUP BY a.usename;

-- Sessions by whom they work for. PostgreSQL sees PgBouncer's address only; PgBouncer writes the client's behind the
-- application's name, `data-loader/sample - 10.0.3.7:51544`, each time a client takes the session.
CREATE VIEW monitoring.connection_sources AS
SELECT
  regexp_replace(a.application_name, ' - \S+$', '') AS application,
  substring(a.application_name FROM ' - (\S+):\d+$') AS client_address,
  a.usename::text AS role,
  substring(a.usename::text FROM '^sluice_(.+)$') AS workload,
  host(a.client_addr) AS connected_from,
  count(*)::int AS backends,
  (count(*) FILTER (WHERE a.state = 'active' AND a.pid <> pg_backend_pid()))::int AS active,
  (count(*) FILTER (WHERE a.state = 'idle'))::int AS idle,
  (count(*) FILTER (WHERE a.state LIKE 'idle in transaction%'))::int AS idle_in_transaction,
  (max(extract(epoch FROM clock_timestamp() - a.xact_start))
    FILTER (WHERE a.pid <> pg_backend_pid()))::float8 AS longest_transaction_seconds
FROM pg_catalog.pg_stat_activity a
WHERE a.datid IS NOT NULL AND coalesce(a.backend_type, 'client backend') = 'client backend'
GROUP BY 1, 2, 3, 4, 5;

-- Who waits for whom, as a forest: the roots block and wait for nobody. Who blocks is what the lock manager says
-- (pg_blocking_pids); locks on the same relation need not be in each other's way. A session that several others block
-- hangs under the one that waits for nobody, or else has waited longest: with every pair as an edge, n sessions queueing
-- for one row would make 2^n paths. A deadlock has no root, and is resolved by the server after deadlock_timeout.
CREATE VIEW monitoring.lock_waits AS
WITH RECURSIVE waits AS MATERIALIZED (
  SELECT l.pid, l.locktype, l.mode, l.waitstart, pg_blocking_pids(l.pid) AS blocked_by,
    CASE WHEN l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
      THEN l.relation END AS relation
  FROM pg_catalog.pg_locks l
  WHERE NOT l.granted AND l.pid IS NOT NULL
), parents AS (
  SELECT DISTINCT ON (w.pid) w.pid, b.pid AS parent
  FROM waits w CROSS JOIN LATERAL unnest(w.blocked_by) AS b (pid) LEFT JOIN waits bw ON bw.pid = b.pid
  ORDER BY w.pid, bw.pid IS NULL DESC, bw.waitstart, b.pid
), tree AS (
  SELECT DISTINCT p.parent AS pid, p.parent AS root_pid, ARRAY[p.parent] AS path
  FROM parents p WHERE NOT EXISTS (SELECT FROM waits w WHERE w.pid = p.parent)
  UNION ALL
  SELECT p.pid, t.root_pid, t.path || p.pid
  FROM tree t JOIN parents p ON p.parent = t.pid
  WHERE NOT p.pid = ANY (t.path)
)
SELECT
  t.path, t.root_pid, cardinality(t.path) - 1 AS depth, t.pid, coalesce(w.blocked_by, '{}') AS blocked_by,
  a.usename::text AS role,
  substring(a.usename::text FROM '^sluice_(.+)$') AS workload,
  regexp_replace(a.application_name, ' - \S+$', '') AS application,
  substring(a.application_name FROM ' - (\S+):\d+$') AS client_address,
  a.state, w.locktype AS lock_type, w.mode AS lock_mode, w.relation::regclass::text AS relation,
  extract(epoch FROM clock_timestamp() - w.waitstart)::float8 AS waiting_seconds,
  extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS transaction_seconds,
  a.query AS statement
FROM tree t
LEFT JOIN waits w ON w.pid = t.pid
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = t.pid;

-- Where reads were answered: the database as a whole, and each table with its indexes.
CREATE VIEW monitoring.cache_hit AS
SELECT
  NULL::text AS schema_name, NULL::text AS table_name, d.blks_hit AS hit_blocks, d.blks_read AS read_blocks,
  d.blks_hit / nullif(d.blks_hit + d.blks_read, 0)::float8 AS hit_ratio
FROM pg_catalog.pg_stat_database d WHERE d.datname = current_database()
UNION ALL
SELECT
  t.schemaname, t.relname, t.hit_blocks, t.read_blocks,
  t.hit_blocks / nullif(t.hit_blocks + t.read_blocks, 0)::float8
FROM (
  SELECT s.schemaname, s.relname,
    s.heap_blks_hit + coalesce(s.idx_blks_hit, 0) AS hit_blocks,
    s.heap_blks_read + coalesce(s.idx_blks_read, 0) AS read_blocks
  FROM pg_catalog.pg_statio_user_tables s
) t;

-- What each index is used for. One that was never scanned and guards nothing costs every write for no read.
CREATE VIEW monitoring.index_usage AS
SELECT
  s.schemaname AS schema_name, s.relname AS table_name, s.indexrelname AS index_name,
  s.idx_scan AS scans, s.idx_tup_read AS entries_read, s.idx_tup_fetch AS rows_fetched,
  c.relpages * current_setting('block_size')::bigint AS size_bytes,
  i.indisvalid AS is_valid, i.indisunique AS is_unique,
  s.idx_scan = 0 AND NOT i.indisunique AND NOT i.indisexclusion AS is_unused
FROM pg_catalog.pg_stat_user_indexes s
JOIN pg_catalog.pg_class c ON c.oid = s.indexrelid
JOIN pg_catalog.pg_index i ON i.indexrelid = s.indexrelid;

-- Mean bytes of a row's values by table. As the owner, since pg_stats shows nobody the columns that they may not read;
-- what comes out is a size and no value.
CREATE FUNCTION monitoring.row_widths() RETURNS TABLE (schema_name name, table_name name, bytes float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT s.schemaname, s.tablename, sum(s.avg_width * (1 - s.null_frac))::float8
  FROM pg_catalog.pg_stats s GROUP BY s.schemaname, s.tablename
$$;
GRANT EXECUTE ON FUNCTION monitoring.row_widths() TO sluice_monitor;

-- Dead rows, vacuums, HOT updates, and an estimate of bloat: the pages that are there against those that the live rows
-- need at the table's fillfactor, a row being its values on 8 bytes, a header of 24 and a pointer of 4.
CREATE VIEW monitoring.table_health AS
SELECT
  t.schemaname AS schema_name, t.relname AS table_name,
  t.n_live_tup AS live_rows, t.n_dead_tup AS dead_rows,
  t.n_dead_tup / nullif(t.n_live_tup + t.n_dead_tup, 0)::float8 AS dead_ratio,
  t.n_tup_upd AS updates, t.n_tup_hot_upd AS hot_updates,
  t.n_tup_hot_upd / nullif(t.n_tup_upd, 0)::float8 AS hot_ratio,
  t.seq_scan AS sequential_scans, t.idx_scan AS index_scans,
  c.relpages * b.block_size AS size_bytes,
  CASE WHEN c.relpages > 0 AND w.bytes IS NOT NULL THEN greatest(0, 1 - ceil(t.n_live_tup / greatest(1,
    floor((b.block_size - 24) * coalesce(substring(c.reloptions::text FROM 'fillfactor=(\d+)')::int, 100) / 100
      / (28 + 8 * ceil(w.bytes / 8))))) / c.relpages) END::float8 AS estimated_bloat_ratio,
  greatest(t.last_vacuum, t.last_autovacuum) AS last_vacuum_at,
  greatest(t.last_analyze, t.last_autoanalyze) AS last_analyze_at,
  age(c.relfrozenxid) AS transaction_id_age
FROM pg_catalog.pg_stat_user_tables t
JOIN pg_catalog.pg_class c ON c.oid = t.relid
CROSS JOIN (SELECT current_setting('block_size')::bigint AS block_size) b
LEFT JOIN monitoring.row_widths() w ON w.schema_name = t.schemaname AND w.table_name = t.relname
WHERE c.relkind IN ('r', 'm');

-- The statements that took most time. The extension may be missing, or be in any schema, so that the view asks a
-- function, whose error says what is to be done.
CREATE FUNCTION monitoring.read_statements() RETURNS TABLE (
  query_id bigint, role text, calls bigint, total_ms float8, mean_ms float8, max_ms float8, stddev_ms float8,
  row_count bigint, hit_blocks bigint, read_blocks bigint, statement text
) LANGUAGE plpgsql STABLE SET search_path = '' AS $$
DECLARE
  home text := (SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
                WHERE e.extname = 'pg_stat_statements');
BEGIN
  IF home IS NULL THEN
    RAISE EXCEPTION 'The extension pg_stat_statements is not installed in this database.'
      USING ERRCODE = 'feature_not_supported',
        HINT = 'Add it to shared_preload_libraries, restart, and run CREATE EXTENSION pg_stat_statements.';
  END IF;
  RETURN QUERY EXECUTE format(
    'SELECT s.queryid, r.rolname::text, s.calls, s.total_exec_time, s.mean_exec_time, s.max_exec_time, s.stddev_exec_time,
            s.rows, s.shared_blks_hit, s.shared_blks_read, s.query
     FROM %I.pg_stat_statements s
     JOIN pg_catalog.pg_database d ON d.oid = s.dbid AND d.datname = current_database()
     LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.userid', home);
END
$$;
GRANT EXECUTE ON FUNCTION monitoring.read_statements() TO sluice_monitor;

CREATE VIEW monitoring.top_statements AS
SELECT
  s.query_id, s.role, substring(s.role FROM '^sluice_(.+)$') AS workload, s.calls, s.total_ms, s.mean_ms, s.max_ms,
  s.stddev_ms, s.row_count / nullif(s.calls, 0)::float8 AS rows_a_call,
  (s.hit_blocks + s.read_blocks) / nullif(s.calls, 0)::float8 AS blocks_a_call,
  s.hit_blocks / nullif(s.hit_blocks + s.read_blocks, 0)::float8 AS hit_ratio, s.statement
FROM monitoring.read_statements() s;

GRANT SELECT ON monitoring.connection_stats, monitoring.connection_sources, monitoring.lock_waits, monitoring.cache_hit,
  monitoring.index_usage, monitoring.table_health, monitoring.top_statements TO sluice_monitor;
