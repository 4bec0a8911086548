-- Generated from a migrated database by `npm run generate`; do not edit.
-- What the numbered files add up to, so that a review sees the schema and not only the change.

-- default privileges of sluice_owner on functions: {sluice_owner=X/sluice_owner}

CREATE SCHEMA auth AUTHORIZATION sluice_owner;
GRANT USAGE ON SCHEMA auth TO sluice_admin, sluice_feature, sluice_import, sluice_monitor, sluice_sample, sluice_training;

CREATE TABLE auth.api_keys (
  key_id text COLLATE "C" NOT NULL,
  tenant_id bigint,
  project_id bigint,
  name text NOT NULL,
  secret_sha256 bytea NOT NULL,
  scopes text[] NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  CONSTRAINT api_keys_pkey PRIMARY KEY (key_id),
  CONSTRAINT api_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES auth.tenants(tenant_id),
  CONSTRAINT api_keys_tenant_id_project_id_fkey FOREIGN KEY (tenant_id, project_id) REFERENCES auth.projects(tenant_id, project_id),
  CONSTRAINT api_keys_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
  CONSTRAINT api_keys_platform_check CHECK (((tenant_id IS NOT NULL) OR (project_id IS NULL))),
  CONSTRAINT api_keys_scopes_check CHECK (((cardinality(scopes) > 0) AND (array_position(scopes, NULL::text) IS NULL))),
  CONSTRAINT api_keys_secret_sha256_check CHECK ((octet_length(secret_sha256) = 32))
);
CREATE INDEX api_keys_tenant_id_key_id_idx ON auth.api_keys USING btree (tenant_id, key_id);
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE auth.api_keys TO sluice_admin;
GRANT SELECT ON TABLE auth.api_keys TO sluice_feature, sluice_import, sluice_monitor, sluice_sample, sluice_training;

CREATE TABLE auth.audit_log (
  entry_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  at timestamp with time zone NOT NULL DEFAULT now(),
  actor text NOT NULL,
  action text NOT NULL,
  tenant text COLLATE "C",
  target text NOT NULL,
  details jsonb NOT NULL,
  request_id text,
  CONSTRAINT audit_log_pkey PRIMARY KEY (entry_id)
);
CREATE INDEX audit_log_tenant_entry_id_idx ON auth.audit_log USING btree (tenant, entry_id);
GRANT DELETE ON TABLE auth.audit_log TO sluice_monitor;
GRANT INSERT, SELECT ON TABLE auth.audit_log TO sluice_admin;
GRANT SELECT ON (at) ON TABLE auth.audit_log TO sluice_monitor;
GRANT SELECT ON (entry_id) ON TABLE auth.audit_log TO sluice_monitor;

CREATE TABLE auth.idempotency_keys (
  caller_id text COLLATE "C" NOT NULL,
  key_sha256 bytea NOT NULL,
  request_sha256 bytea NOT NULL,
  sealed_answer bytea,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller_id, key_sha256),
  CONSTRAINT idempotency_keys_key_sha256_check CHECK ((octet_length(key_sha256) = 32)),
  CONSTRAINT idempotency_keys_request_sha256_check CHECK ((octet_length(request_sha256) = 32))
);
CREATE INDEX idempotency_keys_created_at_idx ON auth.idempotency_keys USING btree (created_at);
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE auth.idempotency_keys TO sluice_admin;

CREATE TABLE auth.projects (
  project_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT projects_pkey PRIMARY KEY (project_id),
  CONSTRAINT projects_name_key UNIQUE (name),
  CONSTRAINT projects_tenant_id_project_id_key UNIQUE (tenant_id, project_id),
  CONSTRAINT projects_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES auth.tenants(tenant_id),
  CONSTRAINT projects_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'::text))
);
CREATE INDEX projects_tenant_id_name_idx ON auth.projects USING btree (tenant_id, name);
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE auth.projects TO sluice_admin;
GRANT SELECT ON TABLE auth.projects TO sluice_feature, sluice_import, sluice_monitor, sluice_sample, sluice_training;

CREATE TABLE auth.quotas (
  tenant_id bigint NOT NULL,
  requests_per_second integer,
  concurrent_requests integer,
  running_jobs integer,
  CONSTRAINT quotas_pkey PRIMARY KEY (tenant_id),
  CONSTRAINT quotas_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES auth.tenants(tenant_id) ON DELETE CASCADE,
  CONSTRAINT quotas_concurrent_requests_check CHECK ((concurrent_requests >= 0)),
  CONSTRAINT quotas_requests_per_second_check CHECK ((requests_per_second >= 0)),
  CONSTRAINT quotas_running_jobs_check CHECK ((running_jobs >= 0))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE auth.quotas TO sluice_admin;
GRANT SELECT ON TABLE auth.quotas TO sluice_feature, sluice_import, sluice_monitor, sluice_sample, sluice_training;

CREATE TABLE auth.tenants (
  tenant_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  name text COLLATE "C" NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id),
  CONSTRAINT tenants_name_key UNIQUE (name),
  CONSTRAINT tenants_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'::text))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE auth.tenants TO sluice_admin;
GRANT SELECT ON TABLE auth.tenants TO sluice_feature, sluice_import, sluice_monitor, sluice_sample, sluice_training;

CREATE SCHEMA data AUTHORIZATION sluice_owner;
GRANT USAGE ON SCHEMA data TO sluice_import, sluice_sample;

CREATE OR REPLACE FUNCTION data.keep_sealed_segments()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
  touched data.version_segments := CASE tg_op WHEN 'INSERT' THEN new ELSE old END;
BEGIN
  PERFORM FROM data.versions AS version
  WHERE version.dataset_id = touched.dataset_id AND version.version = touched.version
    AND version.state IN ('sealed');
  IF FOUND THEN
    RAISE EXCEPTION 'version % of dataset % is sealed', touched.version, touched.dataset_id
      USING ERRCODE = 'SL001';
  END IF;
  RETURN CASE tg_op WHEN 'DELETE' THEN old ELSE new END;
END $function$;

CREATE OR REPLACE FUNCTION data.keep_sealed_version()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF old.state = 'draft' THEN RETURN new; END IF;
  IF new.state IN ('deleting', 'deleted') AND (new.dataset_id, new.version, new.samples, new.fingerprint, new.sealed_at)
    IS NOT DISTINCT FROM (old.dataset_id, old.version, old.samples, old.fingerprint, old.sealed_at)
  THEN RETURN new; END IF;
  RAISE EXCEPTION 'version % of dataset % is sealed', old.version, old.dataset_id USING ERRCODE = 'SL001';
END $function$;

CREATE OR REPLACE FUNCTION data.keep_selected_blocks()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF EXISTS (SELECT FROM data.segments AS segment WHERE segment.dataset_id = new.dataset_id
    AND segment.segment_id = new.segment_id AND segment.state = 'loading' AND segment.source_segment_id IS NOT NULL)
  THEN RETURN new; END IF;
  RAISE EXCEPTION 'segment % of dataset % is no selection that is being made', new.segment_id, new.dataset_id
    USING ERRCODE = 'SL001';
END $function$;

CREATE OR REPLACE FUNCTION data.keep_whole_segment()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF old.state = 'loading' AND new.source_segment_id IS NOT DISTINCT FROM old.source_segment_id THEN RETURN new; END IF;
  IF new.state = 'purging' AND (new.dataset_id, new.segment_id, new.rows, new.sha256, new.source_segment_id)
    IS NOT DISTINCT FROM (old.dataset_id, old.segment_id, old.rows, old.sha256, old.source_segment_id)
    AND NOT EXISTS (SELECT FROM data.version_segments AS used
      WHERE used.dataset_id = old.dataset_id AND used.segment_id = old.segment_id)
    AND NOT EXISTS (SELECT FROM data.segments AS selection
      WHERE selection.dataset_id = old.dataset_id AND selection.source_segment_id = old.segment_id)
  THEN RETURN new; END IF;
  RAISE EXCEPTION 'segment % of dataset % is in use', old.segment_id, old.dataset_id USING ERRCODE = 'SL001';
END $function$;

CREATE OR REPLACE FUNCTION data.purge_rows(dataset bigint, segment bigint, most integer)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  WITH gone AS (
    DELETE FROM data.sample_metadata AS sample
    USING (
      SELECT min(first_sample.position)::bigint AS position FROM data.sample_metadata AS first_sample
      WHERE first_sample.dataset_id = dataset AND first_sample.segment_id = segment
    ) AS first_left
    WHERE sample.dataset_id = dataset AND sample.segment_id = segment
      AND sample.position >= first_left.position AND sample.position < first_left.position + most
      AND EXISTS (SELECT FROM data.segments AS s
        WHERE s.dataset_id = dataset AND s.segment_id = segment AND s.state = 'purging')
    RETURNING 1
  )
  SELECT count(*)::integer FROM gone
$function$;

GRANT EXECUTE ON FUNCTION data.purge_rows(bigint,bigint,integer) TO sluice_import;

CREATE TABLE data.datasets (
  project_id bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  dataset_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  versions integer NOT NULL DEFAULT 0,
  description text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  deleted_at timestamp with time zone,
  CONSTRAINT datasets_pkey PRIMARY KEY (project_id, dataset_id),
  CONSTRAINT datasets_dataset_id_key UNIQUE (dataset_id),
  CONSTRAINT datasets_project_id_fkey FOREIGN KEY (project_id) REFERENCES auth.projects(project_id),
  CONSTRAINT datasets_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'::text))
);
CREATE UNIQUE INDEX datasets_name_idx ON data.datasets USING btree (project_id, name) WHERE (deleted_at IS NULL);
GRANT INSERT, SELECT, UPDATE ON TABLE data.datasets TO sluice_import;
GRANT SELECT ON TABLE data.datasets TO sluice_sample;

CREATE TABLE data.operations (
  project_id bigint NOT NULL,
  operation_id uuid NOT NULL,
  dataset_id bigint NOT NULL,
  kind text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL DEFAULT 'pending'::text,
  progress double precision NOT NULL DEFAULT 0,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  ended_at timestamp with time zone,
  request jsonb NOT NULL,
  result jsonb,
  error jsonb,
  CONSTRAINT operations_pkey PRIMARY KEY (project_id, operation_id),
  CONSTRAINT operations_kind_check CHECK ((kind = ANY (ARRAY['seal'::text, 'delete'::text, 'select'::text]))),
  CONSTRAINT operations_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'running'::text, 'succeeded'::text, 'failed'::text])))
);
CREATE INDEX operations_open_idx ON data.operations USING btree (created_at) WHERE (state = ANY (ARRAY['pending'::text, 'running'::text]));
GRANT INSERT, SELECT, UPDATE ON TABLE data.operations TO sluice_import;
GRANT SELECT ON TABLE data.operations TO sluice_sample;

CREATE TABLE data.parts (
  dataset_id bigint NOT NULL,
  version integer NOT NULL,
  part text COLLATE "C" NOT NULL,
  segment_id bigint NOT NULL,
  rows integer NOT NULL,
  bytes bigint NOT NULL,
  sha256 text COLLATE "C" NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  options text COLLATE "C",
  CONSTRAINT parts_pkey PRIMARY KEY (dataset_id, version, part),
  CONSTRAINT parts_segment_fkey FOREIGN KEY (dataset_id, segment_id) REFERENCES data.segments(dataset_id, segment_id),
  CONSTRAINT parts_version_fkey FOREIGN KEY (dataset_id, version) REFERENCES data.versions(dataset_id, version)
);
GRANT DELETE, INSERT, SELECT ON TABLE data.parts TO sluice_import;
GRANT SELECT ON TABLE data.parts TO sluice_sample;

CREATE TABLE data.plans (
  project_id bigint NOT NULL,
  plan_id text COLLATE "C" NOT NULL,
  dataset_id bigint NOT NULL,
  version integer NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  definition jsonb NOT NULL,
  CONSTRAINT plans_pkey PRIMARY KEY (project_id, plan_id),
  CONSTRAINT plans_version_fkey FOREIGN KEY (dataset_id, version) REFERENCES data.versions(dataset_id, version)
);
GRANT INSERT, SELECT ON TABLE data.plans TO sluice_sample;
GRANT SELECT ON TABLE data.plans TO sluice_import;

CREATE TABLE data.sample_metadata (
  dataset_id bigint NOT NULL,
  segment_id bigint NOT NULL,
  "position" integer NOT NULL,
  created_at timestamp with time zone NOT NULL,
  sample_id text COLLATE "C" NOT NULL,
  feature_hash text COLLATE "C" NOT NULL,
  label text,
  uri text,
  attributes jsonb,
  CONSTRAINT sample_metadata_pkey PRIMARY KEY (dataset_id, segment_id, "position"),
  CONSTRAINT sample_metadata_feature_hash_check CHECK (((octet_length(feature_hash) >= 1) AND (octet_length(feature_hash) <= 256))),
  CONSTRAINT sample_metadata_label_check CHECK ((octet_length(label) <= 512)),
  CONSTRAINT sample_metadata_sample_id_check CHECK (((octet_length(sample_id) >= 1) AND (octet_length(sample_id) <= 512)))
) WITH (autovacuum_vacuum_cost_delay=1, autovacuum_vacuum_insert_scale_factor=0, autovacuum_vacuum_insert_threshold=50000, autovacuum_vacuum_scale_factor=0.01, fillfactor=100);
CREATE INDEX sample_metadata_created_at_idx ON data.sample_metadata USING brin (created_at) WITH (pages_per_range='128');
CREATE INDEX sample_metadata_feature_hash_idx ON data.sample_metadata USING btree (dataset_id, feature_hash, sample_id) INCLUDE (label, created_at, segment_id, "position");
CREATE INDEX sample_metadata_sample_id_idx ON data.sample_metadata USING btree (dataset_id, sample_id) INCLUDE (feature_hash, label, created_at, segment_id, "position");
GRANT INSERT, SELECT ON TABLE data.sample_metadata TO sluice_import;
GRANT SELECT ON TABLE data.sample_metadata TO sluice_sample;

CREATE TABLE data.segments (
  dataset_id bigint NOT NULL,
  segment_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  state text COLLATE "C" NOT NULL DEFAULT 'loading'::text,
  rows integer,
  sha256 text COLLATE "C",
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  touched_at timestamp with time zone NOT NULL DEFAULT now(),
  source_segment_id bigint,
  CONSTRAINT segments_pkey PRIMARY KEY (dataset_id, segment_id),
  CONSTRAINT segments_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES data.datasets(dataset_id),
  CONSTRAINT segments_source_fkey FOREIGN KEY (dataset_id, source_segment_id) REFERENCES data.segments(dataset_id, segment_id),
  CONSTRAINT segments_state_check CHECK ((state = ANY (ARRAY['loading'::text, 'whole'::text, 'purging'::text]))),
  CONSTRAINT segments_whole_check CHECK (((state <> 'whole'::text) OR ((rows IS NOT NULL) AND (sha256 IS NOT NULL))))
);
CREATE INDEX segments_source_idx ON data.segments USING btree (dataset_id, source_segment_id) WHERE (source_segment_id IS NOT NULL);
CREATE INDEX segments_unfinished_idx ON data.segments USING btree (touched_at) WHERE (state <> 'whole'::text);
CREATE TRIGGER segments_keep_whole BEFORE UPDATE ON data.segments FOR EACH ROW EXECUTE FUNCTION data.keep_whole_segment();
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE data.segments TO sluice_import;
GRANT SELECT ON TABLE data.segments TO sluice_sample;

CREATE TABLE data.selected_blocks (
  dataset_id bigint NOT NULL,
  segment_id bigint NOT NULL,
  block integer NOT NULL,
  bits bytea NOT NULL,
  CONSTRAINT selected_blocks_pkey PRIMARY KEY (dataset_id, segment_id, block),
  CONSTRAINT selected_blocks_segment_fkey FOREIGN KEY (dataset_id, segment_id) REFERENCES data.segments(dataset_id, segment_id) ON DELETE CASCADE,
  CONSTRAINT selected_blocks_bits_check CHECK ((octet_length(bits) = 1024))
);
CREATE TRIGGER selected_blocks_keep BEFORE INSERT OR UPDATE ON data.selected_blocks FOR EACH ROW EXECUTE FUNCTION data.keep_selected_blocks();
GRANT INSERT, SELECT ON TABLE data.selected_blocks TO sluice_import;
GRANT SELECT ON TABLE data.selected_blocks TO sluice_sample;

CREATE TABLE data.uploads (
  dataset_id bigint NOT NULL,
  version integer NOT NULL,
  part text COLLATE "C" NOT NULL,
  segment_id bigint NOT NULL,
  rows integer NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0,
  rows_committed integer NOT NULL DEFAULT 0,
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  error json,
  CONSTRAINT uploads_pkey PRIMARY KEY (dataset_id, version, part)
) WITH (fillfactor=50);
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE data.uploads TO sluice_import;
GRANT SELECT ON TABLE data.uploads TO sluice_sample;

CREATE TABLE data.version_segments (
  dataset_id bigint NOT NULL,
  version integer NOT NULL,
  first_ordinal bigint NOT NULL,
  segment_id bigint NOT NULL,
  rows integer NOT NULL,
  CONSTRAINT version_segments_pkey PRIMARY KEY (dataset_id, version, first_ordinal),
  CONSTRAINT version_segments_segment_fkey FOREIGN KEY (dataset_id, segment_id) REFERENCES data.segments(dataset_id, segment_id),
  CONSTRAINT version_segments_version_fkey FOREIGN KEY (dataset_id, version) REFERENCES data.versions(dataset_id, version)
);
CREATE INDEX version_segments_segment_idx ON data.version_segments USING btree (dataset_id, segment_id);
CREATE TRIGGER version_segments_keep_sealed BEFORE INSERT OR DELETE OR UPDATE ON data.version_segments FOR EACH ROW EXECUTE FUNCTION data.keep_sealed_segments();
GRANT DELETE, INSERT, SELECT ON TABLE data.version_segments TO sluice_import;
GRANT SELECT ON TABLE data.version_segments TO sluice_sample;

CREATE TABLE data.versions (
  dataset_id bigint NOT NULL,
  version integer NOT NULL,
  state text COLLATE "C" NOT NULL DEFAULT 'draft'::text,
  base_version integer,
  samples bigint,
  fingerprint text COLLATE "C",
  idempotency_key text COLLATE "C",
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  sealed_at timestamp with time zone,
  deleted_at timestamp with time zone,
  filter jsonb,
  CONSTRAINT versions_pkey PRIMARY KEY (dataset_id, version),
  CONSTRAINT versions_idempotency_key UNIQUE (dataset_id, idempotency_key),
  CONSTRAINT versions_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES data.datasets(dataset_id),
  CONSTRAINT versions_sealed_check CHECK (((state <> 'sealed'::text) OR ((samples IS NOT NULL) AND (fingerprint IS NOT NULL)))),
  CONSTRAINT versions_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'sealed'::text, 'deleting'::text, 'deleted'::text])))
);
CREATE INDEX versions_sealed_idx ON data.versions USING btree (dataset_id, version DESC) WHERE (state = 'sealed'::text);
CREATE TRIGGER versions_keep_sealed BEFORE UPDATE ON data.versions FOR EACH ROW EXECUTE FUNCTION data.keep_sealed_version();
GRANT INSERT, SELECT, UPDATE ON TABLE data.versions TO sluice_import;
GRANT SELECT ON TABLE data.versions TO sluice_sample;

CREATE SCHEMA features AUTHORIZATION sluice_owner;
GRANT USAGE ON SCHEMA features TO sluice_feature;

CREATE TABLE features.feature_services (
  project_id bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  features jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT feature_services_pkey PRIMARY KEY (project_id, name),
  CONSTRAINT feature_services_project_id_fkey FOREIGN KEY (project_id) REFERENCES auth.projects(project_id),
  CONSTRAINT feature_services_features_check CHECK (((jsonb_typeof(features) = 'array'::text) AND (features <> '[]'::jsonb))),
  CONSTRAINT feature_services_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'::text))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE features.feature_services TO sluice_feature;

CREATE TABLE features.feature_views (
  project_id bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  view_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  join_keys jsonb NOT NULL,
  features jsonb NOT NULL,
  ttl_seconds bigint,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT feature_views_pkey PRIMARY KEY (project_id, name),
  CONSTRAINT feature_views_project_id_view_id_key UNIQUE (project_id, view_id),
  CONSTRAINT feature_views_project_id_fkey FOREIGN KEY (project_id) REFERENCES auth.projects(project_id),
  CONSTRAINT feature_views_features_check CHECK (((jsonb_typeof(features) = 'array'::text) AND (features <> '[]'::jsonb))),
  CONSTRAINT feature_views_join_keys_check CHECK (((jsonb_typeof(join_keys) = 'array'::text) AND (join_keys <> '[]'::jsonb))),
  CONSTRAINT feature_views_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'::text)),
  CONSTRAINT feature_views_ttl_seconds_check CHECK ((ttl_seconds >= 0))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE features.feature_views TO sluice_feature;

CREATE TABLE features.online_values (
  project_id bigint NOT NULL,
  view_id bigint NOT NULL,
  event_time timestamp with time zone NOT NULL,
  written_at timestamp with time zone NOT NULL DEFAULT now(),
  entity_key text COLLATE "C" NOT NULL,
  feature_values json NOT NULL,
  CONSTRAINT online_values_pkey PRIMARY KEY (project_id, view_id, entity_key),
  CONSTRAINT online_values_entity_key_check CHECK ((octet_length(entity_key) <= 2048)),
  CONSTRAINT online_values_feature_values_check CHECK ((json_typeof(feature_values) = 'object'::text))
) WITH (autovacuum_analyze_scale_factor=0.05, autovacuum_vacuum_cost_delay=1, autovacuum_vacuum_insert_scale_factor=0.05, autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_threshold=1000, fillfactor=50);
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE features.online_values TO sluice_feature;

CREATE SCHEMA migrations AUTHORIZATION sluice_owner;

CREATE TABLE migrations.ledger (
  number integer NOT NULL,
  name text NOT NULL,
  sha256 text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  duration_ms bigint NOT NULL,
  CONSTRAINT ledger_pkey PRIMARY KEY (number)
);

CREATE SCHEMA monitoring AUTHORIZATION sluice_owner;
GRANT USAGE ON SCHEMA monitoring TO sluice_monitor;

CREATE OR REPLACE FUNCTION monitoring.read_statements()
 RETURNS TABLE(query_id bigint, role text, calls bigint, total_ms double precision, mean_ms double precision, max_ms double precision, stddev_ms double precision, row_count bigint, hit_blocks bigint, read_blocks bigint, statement text)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION monitoring.row_widths()
 RETURNS TABLE(schema_name name, table_name name, bytes double precision)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  SELECT s.schemaname, s.tablename, sum(s.avg_width * (1 - s.null_frac))::float8
  FROM pg_catalog.pg_stats s GROUP BY s.schemaname, s.tablename
$function$;

GRANT EXECUTE ON FUNCTION monitoring.read_statements() TO sluice_monitor;

GRANT EXECUTE ON FUNCTION monitoring.row_widths() TO sluice_monitor;

CREATE TABLE monitoring.alerts (
  fingerprint text COLLATE "C" NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone,
  name text NOT NULL,
  severity text,
  receiver text NOT NULL,
  labels jsonb NOT NULL,
  annotations jsonb NOT NULL,
  generator_url text NOT NULL,
  received_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT alerts_pkey PRIMARY KEY (fingerprint, starts_at)
);
CREATE INDEX alerts_starts_at_fingerprint_idx ON monitoring.alerts USING btree (starts_at, fingerprint);
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE monitoring.alerts TO sluice_monitor;

CREATE VIEW monitoring.cache_hit (
  schema_name text COLLATE "C",
  table_name text COLLATE "C",
  hit_blocks bigint,
  read_blocks bigint,
  hit_ratio double precision
);
GRANT SELECT ON TABLE monitoring.cache_hit TO sluice_monitor;

CREATE VIEW monitoring.connection_sources (
  application text,
  client_address text,
  role text COLLATE "C",
  workload text COLLATE "C",
  connected_from text,
  backends integer,
  active integer,
  idle integer,
  idle_in_transaction integer,
  longest_transaction_seconds double precision
);
GRANT SELECT ON TABLE monitoring.connection_sources TO sluice_monitor;

CREATE VIEW monitoring.connection_stats (
  role text COLLATE "C",
  workload text COLLATE "C",
  backends integer,
  active integer,
  idle integer,
  idle_in_transaction integer,
  waiting integer,
  hidden integer,
  longest_active_seconds double precision,
  longest_transaction_seconds double precision
);
GRANT SELECT ON TABLE monitoring.connection_stats TO sluice_monitor;

CREATE VIEW monitoring.index_usage (
  schema_name name,
  table_name name,
  index_name name,
  scans bigint,
  entries_read bigint,
  rows_fetched bigint,
  size_bytes bigint,
  is_valid boolean,
  is_unique boolean,
  is_unused boolean
);
GRANT SELECT ON TABLE monitoring.index_usage TO sluice_monitor;

CREATE VIEW monitoring.lock_waits (
  path integer[],
  root_pid integer,
  depth integer,
  pid integer,
  blocked_by integer[],
  role text COLLATE "C",
  workload text COLLATE "C",
  application text,
  client_address text,
  state text,
  lock_type text,
  lock_mode text,
  relation text,
  waiting_seconds double precision,
  transaction_seconds double precision,
  statement text
);
GRANT SELECT ON TABLE monitoring.lock_waits TO sluice_monitor;

CREATE TABLE monitoring.maintenance_reports (
  report_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  compared_with bigint,
  report jsonb NOT NULL,
  markdown text NOT NULL,
  snapshot jsonb NOT NULL,
  CONSTRAINT maintenance_reports_pkey PRIMARY KEY (report_id)
);
CREATE INDEX maintenance_reports_created_at_idx ON monitoring.maintenance_reports USING btree (created_at);
GRANT DELETE, INSERT, SELECT ON TABLE monitoring.maintenance_reports TO sluice_monitor;

CREATE VIEW monitoring.table_health (
  schema_name name,
  table_name name,
  live_rows bigint,
  dead_rows bigint,
  dead_ratio double precision,
  updates bigint,
  hot_updates bigint,
  hot_ratio double precision,
  sequential_scans bigint,
  index_scans bigint,
  size_bytes bigint,
  estimated_bloat_ratio double precision,
  last_vacuum_at timestamp with time zone,
  last_analyze_at timestamp with time zone,
  transaction_id_age integer
);
GRANT SELECT ON TABLE monitoring.table_health TO sluice_monitor;

CREATE VIEW monitoring.top_statements (
  query_id bigint,
  role text,
  workload text,
  calls bigint,
  total_ms double precision,
  mean_ms double precision,
  max_ms double precision,
  stddev_ms double precision,
  rows_a_call double precision,
  blocks_a_call double precision,
  hit_ratio double precision,
  statement text
);
GRANT SELECT ON TABLE monitoring.top_statements TO sluice_monitor;

CREATE SCHEMA ops AUTHORIZATION sluice_owner;
GRANT USAGE ON SCHEMA ops TO sluice_admin, sluice_monitor;

CREATE TABLE ops.autoscaler (
  autoscaler_id smallint NOT NULL DEFAULT 1,
  mode text COLLATE "C" NOT NULL DEFAULT 'on'::text,
  mode_set_at timestamp with time zone NOT NULL DEFAULT now(),
  mode_set_by text,
  leader text,
  leader_until timestamp with time zone NOT NULL DEFAULT '-infinity'::timestamp with time zone,
  term bigint NOT NULL DEFAULT 0,
  CONSTRAINT autoscaler_pkey PRIMARY KEY (autoscaler_id),
  CONSTRAINT autoscaler_id_check CHECK ((autoscaler_id = 1)),
  CONSTRAINT autoscaler_mode_check CHECK ((mode = ANY (ARRAY['on'::text, 'dry_run'::text, 'frozen'::text])))
) WITH (fillfactor=20);
GRANT SELECT, UPDATE ON TABLE ops.autoscaler TO sluice_admin, sluice_monitor;

CREATE TABLE ops.config_changes (
  change_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  term bigint,
  window_seconds integer NOT NULL,
  state text COLLATE "C" NOT NULL DEFAULT 'pending'::text,
  author text NOT NULL,
  reason text NOT NULL,
  expected_effect text NOT NULL,
  rollback text NOT NULL,
  target jsonb NOT NULL,
  settings jsonb NOT NULL,
  previous jsonb,
  canary text,
  evidence jsonb,
  detail text,
  CONSTRAINT config_changes_pkey PRIMARY KEY (change_id),
  CONSTRAINT config_changes_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'measuring'::text, 'trying'::text, 'rolled_out'::text, 'rolled_back'::text, 'failed'::text])))
);
CREATE UNIQUE INDEX config_changes_open_idx ON ops.config_changes USING btree ((true)) WHERE (state = ANY (ARRAY['pending'::text, 'measuring'::text, 'trying'::text]));
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE ops.config_changes TO sluice_monitor;
GRANT INSERT, SELECT, UPDATE ON TABLE ops.config_changes TO sluice_admin;

CREATE TABLE ops.gate_settings (
  service text COLLATE "C" NOT NULL,
  pool text COLLATE "C" NOT NULL,
  settings jsonb NOT NULL,
  configured jsonb NOT NULL,
  change_id bigint NOT NULL,
  CONSTRAINT gate_settings_pkey PRIMARY KEY (service, pool),
  CONSTRAINT gate_settings_change_id_fkey FOREIGN KEY (change_id) REFERENCES ops.config_changes(change_id)
);
GRANT INSERT, SELECT, UPDATE ON TABLE ops.gate_settings TO sluice_admin, sluice_monitor;

CREATE TABLE ops.pool_sizes (
  alias text COLLATE "C" NOT NULL,
  pool_size integer NOT NULL,
  configured integer NOT NULL,
  changed_at timestamp with time zone NOT NULL DEFAULT now(),
  event_id bigint NOT NULL,
  CONSTRAINT pool_sizes_pkey PRIMARY KEY (alias),
  CONSTRAINT pool_sizes_event_id_fkey FOREIGN KEY (event_id) REFERENCES ops.scaling_events(event_id),
  CONSTRAINT pool_sizes_pool_size_check CHECK ((pool_size > 0))
);
GRANT INSERT, SELECT, UPDATE ON TABLE ops.pool_sizes TO sluice_admin, sluice_monitor;

CREATE TABLE ops.scaling_events (
  event_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  at timestamp with time zone NOT NULL DEFAULT now(),
  last_at timestamp with time zone NOT NULL DEFAULT now(),
  finished_at timestamp with time zone,
  term bigint NOT NULL,
  repeats integer NOT NULL DEFAULT 0,
  size_before integer NOT NULL,
  size_asked integer NOT NULL,
  size_read_back integer,
  servers_after integer,
  alias text COLLATE "C" NOT NULL,
  action text COLLATE "C" NOT NULL,
  reason text COLLATE "C" NOT NULL,
  outcome text COLLATE "C" NOT NULL,
  actor text NOT NULL,
  detail text NOT NULL,
  seen jsonb,
  CONSTRAINT scaling_events_pkey PRIMARY KEY (event_id),
  CONSTRAINT scaling_events_action_check CHECK ((action = ANY (ARRAY['grow'::text, 'shrink'::text, 'hold'::text, 'refuse'::text, 'restore'::text]))),
  CONSTRAINT scaling_events_outcome_check CHECK ((outcome = ANY (ARRAY['intended'::text, 'applied'::text, 'not_converged'::text, 'failed'::text, 'abandoned'::text, 'dry_run'::text, 'refused'::text, 'none'::text])))
);
CREATE INDEX scaling_events_alias_idx ON ops.scaling_events USING btree (alias, event_id DESC);
CREATE UNIQUE INDEX scaling_events_in_flight_idx ON ops.scaling_events USING btree ((true)) WHERE (outcome = 'intended'::text);
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE ops.scaling_events TO sluice_monitor;
GRANT INSERT, SELECT, UPDATE ON TABLE ops.scaling_events TO sluice_admin;

CREATE SCHEMA training AUTHORIZATION sluice_owner;
GRANT USAGE ON SCHEMA training TO sluice_training;

CREATE TABLE training.attempts (
  project_id bigint NOT NULL,
  job_id uuid NOT NULL,
  attempt integer NOT NULL,
  token uuid NOT NULL,
  started_at timestamp with time zone NOT NULL DEFAULT now(),
  ended_at timestamp with time zone,
  claimed_by text,
  outcome text COLLATE "C",
  message text,
  step bigint,
  progress double precision,
  ranks jsonb,
  CONSTRAINT attempts_pkey PRIMARY KEY (project_id, job_id, attempt),
  CONSTRAINT attempts_job_id_fkey FOREIGN KEY (project_id, job_id) REFERENCES training.training_jobs(project_id, job_id) ON DELETE CASCADE
);
GRANT INSERT, SELECT, UPDATE ON TABLE training.attempts TO sluice_training;

CREATE TABLE training.claim_turns (
  tenant_id bigint NOT NULL,
  CONSTRAINT claim_turns_pkey PRIMARY KEY (tenant_id),
  CONSTRAINT claim_turns_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES auth.tenants(tenant_id) ON DELETE CASCADE
);
GRANT INSERT, SELECT, UPDATE ON TABLE training.claim_turns TO sluice_training;

CREATE TABLE training.idempotency_keys (
  project_id bigint NOT NULL,
  key text COLLATE "C" NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  job_id uuid NOT NULL,
  request_sha256 bytea NOT NULL,
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (project_id, key)
);
CREATE INDEX idempotency_keys_created_at_idx ON training.idempotency_keys USING brin (created_at);
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE training.idempotency_keys TO sluice_training;

CREATE TABLE training.outbox (
  project_id bigint NOT NULL,
  outbox_id uuid NOT NULL DEFAULT gen_random_uuid(),
  kind text COLLATE "C" NOT NULL,
  job_id uuid NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  due_at timestamp with time zone NOT NULL DEFAULT now(),
  relayed_at timestamp with time zone,
  failed_at timestamp with time zone,
  error text,
  payload jsonb NOT NULL,
  CONSTRAINT outbox_pkey PRIMARY KEY (project_id, outbox_id),
  CONSTRAINT outbox_kind_check CHECK ((kind = ANY (ARRAY['retry'::text, 'webhook'::text])))
) WITH (autovacuum_vacuum_cost_delay=1, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=1000);
CREATE INDEX outbox_dead_idx ON training.outbox USING btree (project_id, failed_at DESC, outbox_id DESC) WHERE (failed_at IS NOT NULL);
CREATE INDEX outbox_due_idx ON training.outbox USING btree (due_at) WHERE (failed_at IS NULL);
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE training.outbox TO sluice_training;

CREATE TABLE training.ranks (
  project_id bigint NOT NULL,
  job_id uuid NOT NULL,
  attempt integer NOT NULL,
  rank integer NOT NULL,
  started_at timestamp with time zone NOT NULL DEFAULT now(),
  beat_at timestamp with time zone,
  stepped_at timestamp with time zone,
  checkpoint_told_at timestamp with time zone,
  step bigint,
  progress double precision,
  message text,
  CONSTRAINT ranks_pkey PRIMARY KEY (project_id, job_id, attempt, rank)
) WITH (autovacuum_analyze_scale_factor=0, autovacuum_analyze_threshold=20000, autovacuum_vacuum_cost_delay=0, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=5000, fillfactor=25);
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE training.ranks TO sluice_training;

CREATE TABLE training.training_jobs (
  project_id bigint NOT NULL,
  job_id uuid NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  retry_at timestamp with time zone,
  checkpoint_requested_at timestamp with time zone,
  hung_since timestamp with time zone,
  retry_of uuid,
  token uuid,
  sequence integer NOT NULL DEFAULT 1,
  attempt integer NOT NULL DEFAULT 0,
  max_attempts integer NOT NULL,
  world_size integer NOT NULL,
  heartbeat_timeout_seconds integer NOT NULL,
  retry_initial_delay_seconds double precision NOT NULL,
  retry_factor double precision NOT NULL,
  retry_max_delay_seconds double precision NOT NULL,
  retry_jitter double precision NOT NULL,
  priority smallint NOT NULL,
  status text COLLATE "C" NOT NULL DEFAULT 'pending'::text,
  queue text COLLATE "C" NOT NULL,
  name text NOT NULL,
  reason text NOT NULL DEFAULT 'created'::text,
  message text,
  claimed_by text,
  labels jsonb NOT NULL,
  spec jsonb NOT NULL,
  CONSTRAINT training_jobs_pkey PRIMARY KEY (project_id, job_id),
  CONSTRAINT training_jobs_project_id_fkey FOREIGN KEY (project_id) REFERENCES auth.projects(project_id),
  CONSTRAINT training_jobs_attempt_check CHECK (((attempt >= 0) AND (attempt <= max_attempts))),
  CONSTRAINT training_jobs_labels_check CHECK ((jsonb_typeof(labels) = 'object'::text)),
  CONSTRAINT training_jobs_priority_check CHECK (((priority >= 0) AND (priority <= 100))),
  CONSTRAINT training_jobs_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'retrying'::text, 'cancelling'::text, 'succeeded'::text, 'failed'::text, 'cancelled'::text])))
) WITH (autovacuum_vacuum_cost_delay=1, autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_threshold=200, fillfactor=80);
CREATE INDEX training_jobs_labels_idx ON training.training_jobs USING gin (labels jsonb_path_ops);
CREATE INDEX training_jobs_pending_idx ON training.training_jobs USING btree (project_id, priority DESC, job_id) WHERE (status = 'pending'::text);
CREATE INDEX training_jobs_pending_queue_idx ON training.training_jobs USING btree (project_id, queue, priority DESC, job_id) WHERE (status = 'pending'::text);
CREATE INDEX training_jobs_queue_idx ON training.training_jobs USING btree (project_id, queue, job_id DESC);
CREATE INDEX training_jobs_retrying_idx ON training.training_jobs USING btree (retry_at) WHERE (status = 'retrying'::text);
CREATE INDEX training_jobs_running_idx ON training.training_jobs USING btree (project_id) WHERE (status = ANY (ARRAY['running'::text, 'cancelling'::text]));
CREATE INDEX training_jobs_status_idx ON training.training_jobs USING btree (project_id, status, job_id DESC);
GRANT INSERT, SELECT, UPDATE ON TABLE training.training_jobs TO sluice_training;

CREATE TABLE training.transitions (
  project_id bigint NOT NULL,
  job_id uuid NOT NULL,
  sequence integer NOT NULL,
  attempt integer NOT NULL,
  at timestamp with time zone NOT NULL DEFAULT now(),
  from_status text COLLATE "C",
  to_status text COLLATE "C" NOT NULL,
  reason text NOT NULL,
  message text,
  CONSTRAINT transitions_pkey PRIMARY KEY (project_id, job_id, sequence),
  CONSTRAINT transitions_job_id_fkey FOREIGN KEY (project_id, job_id) REFERENCES training.training_jobs(project_id, job_id) ON DELETE CASCADE
);
GRANT INSERT, SELECT ON TABLE training.transitions TO sluice_training;

CREATE TABLE training.watch (
  watch_id smallint NOT NULL DEFAULT 1,
  listening_since timestamp with time zone NOT NULL DEFAULT now(),
  listening_at timestamp with time zone NOT NULL DEFAULT now(),
  sweeper text,
  sweeper_until timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT watch_pkey PRIMARY KEY (watch_id),
  CONSTRAINT watch_watch_id_check CHECK ((watch_id = 1))
) WITH (fillfactor=10);
GRANT SELECT, UPDATE ON TABLE training.watch TO sluice_training;

CREATE TABLE training.webhooks (
  project_id bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  url text NOT NULL,
  events text[] NOT NULL,
  secret text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT webhooks_pkey PRIMARY KEY (project_id, name),
  CONSTRAINT webhooks_project_id_fkey FOREIGN KEY (project_id) REFERENCES auth.projects(project_id),
  CONSTRAINT webhooks_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'::text))
);
GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE training.webhooks TO sluice_training;
