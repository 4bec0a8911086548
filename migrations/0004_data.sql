-- Datasets, their sealed versions, and the samples in them.
--
-- Every key begins with project_id or dataset_id, so that the tables can be distributed or partitioned by it as they are.

CREATE SCHEMA data;

CREATE TABLE data.datasets (
  project_id bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  dataset_id bigint GENERATED ALWAYS AS IDENTITY,
  -- Number of the last version; numbers are never used again.
  versions integer NOT NULL DEFAULT 0,
  description text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT datasets_pkey PRIMARY KEY (project_id, name),
  CONSTRAINT datasets_dataset_id_key UNIQUE (dataset_id),
  CONSTRAINT datasets_project_id_fkey FOREIGN KEY (project_id) REFERENCES auth.projects (project_id),
  CONSTRAINT datasets_name_check CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$')
);

CREATE TABLE data.versions (
  dataset_id bigint NOT NULL,
  version integer NOT NULL,
  state text COLLATE "C" NOT NULL DEFAULT 'draft',
  base_version integer,
  -- Known once it is sealed.
  samples bigint,
  fingerprint text COLLATE "C",
  -- Of the request that began it.
  idempotency_key text COLLATE "C",
  created_at timestamptz NOT NULL DEFAULT now(),
  sealed_at timestamptz,
  deleted_at timestamptz,
  CONSTRAINT versions_pkey PRIMARY KEY (dataset_id, version),
  CONSTRAINT versions_idempotency_key UNIQUE (dataset_id, idempotency_key),
  CONSTRAINT versions_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES data.datasets (dataset_id),
  CONSTRAINT versions_state_check CHECK (state IN ('draft', 'sealed', 'deleting', 'deleted')),
  CONSTRAINT versions_sealed_check CHECK (state <> 'sealed' OR (samples IS NOT NULL AND fingerprint IS NOT NULL))
);

-- The newest sealed version of a dataset.
CREATE INDEX versions_sealed_idx ON data.versions (dataset_id, version DESC) WHERE state = 'sealed';

-- An immutable run of rows. It is written as the rows of one upload, in batches that commit one by one, and nobody
-- sees any of them before the run is whole: then its number of rows is fixed, and rows beyond it do not exist for any
-- reader. Versions share it by reference.
CREATE TABLE data.segments (
  dataset_id bigint NOT NULL,
  segment_id bigint GENERATED ALWAYS AS IDENTITY,
  state text COLLATE "C" NOT NULL DEFAULT 'loading',
  rows integer,
  -- Of the rows' canonical JSON, one a line.
  sha256 text COLLATE "C",
  created_at timestamptz NOT NULL DEFAULT now(),
  -- When its upload was last heard of.
  touched_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT segments_pkey PRIMARY KEY (dataset_id, segment_id),
  CONSTRAINT segments_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES data.datasets (dataset_id),
  CONSTRAINT segments_state_check CHECK (state IN ('loading', 'whole', 'purging')),
  CONSTRAINT segments_whole_check CHECK (state <> 'whole' OR (rows IS NOT NULL AND sha256 IS NOT NULL))
);

CREATE INDEX segments_unfinished_idx ON data.segments (touched_at) WHERE state <> 'whole';

-- The uploads of a draft, by the name that the client gives each.
CREATE TABLE data.parts (
  dataset_id bigint NOT NULL,
  version integer NOT NULL,
  part text COLLATE "C" NOT NULL,
  segment_id bigint NOT NULL,
  rows integer NOT NULL,
  bytes bigint NOT NULL,
  -- Of the bytes that were sent.
  sha256 text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT parts_pkey PRIMARY KEY (dataset_id, version, part),
  CONSTRAINT parts_version_fkey FOREIGN KEY (dataset_id, version) REFERENCES data.versions (dataset_id, version),
  CONSTRAINT parts_segment_fkey FOREIGN KEY (dataset_id, segment_id) REFERENCES data.segments (dataset_id, segment_id)
);

-- What a sealed version consists of: its ordinal `first_ordinal + i` is row i of the segment.
CREATE TABLE data.version_segments (
  dataset_id bigint NOT NULL,
  version integer NOT NULL,
  first_ordinal bigint NOT NULL,
  segment_id bigint NOT NULL,
  rows integer NOT NULL,
  CONSTRAINT version_segments_pkey PRIMARY KEY (dataset_id, version, first_ordinal),
  CONSTRAINT version_segments_version_fkey FOREIGN KEY (dataset_id, version)
    REFERENCES data.versions (dataset_id, version),
  CONSTRAINT version_segments_segment_fkey FOREIGN KEY (dataset_id, segment_id)
    REFERENCES data.segments (dataset_id, segment_id)
);

-- Whether any version still needs a segment.
CREATE INDEX version_segments_segment_idx ON data.version_segments (dataset_id, segment_id);

-- One row for each sample of a segment, never updated. The order of the heap is that of the upload, so that neighbours
-- in a version are neighbours on disk; the fixed-width columns stand first.
CREATE TABLE data.sample_metadata (
  dataset_id bigint NOT NULL,
  segment_id bigint NOT NULL,
  position integer NOT NULL,
  created_at timestamptz NOT NULL,
  sample_id text COLLATE "C" NOT NULL,
  feature_hash text COLLATE "C" NOT NULL,
  label text,
  uri text,
  attributes jsonb,
  CONSTRAINT sample_metadata_pkey PRIMARY KEY (dataset_id, segment_id, position),
  -- An index entry may have 2,704 bytes; these refuse by name what an index would refuse obscurely.
  CONSTRAINT sample_metadata_sample_id_check CHECK (octet_length(sample_id) BETWEEN 1 AND 512),
  CONSTRAINT sample_metadata_feature_hash_check CHECK (octet_length(feature_hash) BETWEEN 1 AND 256),
  CONSTRAINT sample_metadata_label_check CHECK (octet_length(label) <= 512)
) WITH (
  -- Rows are inserted and, much later, deleted: pages are filled to the brim.
  fillfactor = 100,
  -- Index-only scans need pages that are marked all-visible, which only VACUUM does. It comes after every 50,000 rows
  -- inserted instead of after 20 % of a table of 100 million.
  autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_vacuum_insert_threshold = 50000,
  autovacuum_vacuum_scale_factor = 0.01,
  autovacuum_vacuum_cost_delay = 1
);

-- A sealed version is immutable: its row may only be marked as deleted, and what it consists of may not change.
CREATE FUNCTION data.keep_sealed_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF old.state = 'draft' THEN RETURN new; END IF;
  IF new.state IN ('deleting', 'deleted') AND (new.dataset_id, new.version, new.samples, new.fingerprint, new.sealed_at)
    IS NOT DISTINCT FROM (old.dataset_id, old.version, old.samples, old.fingerprint, old.sealed_at)
  THEN RETURN new; END IF;
  RAISE EXCEPTION 'version % of dataset % is sealed', old.version, old.dataset_id USING ERRCODE = 'SL001';
END $$;

CREATE TRIGGER versions_keep_sealed BEFORE UPDATE ON data.versions
  FOR EACH ROW EXECUTE FUNCTION data.keep_sealed_version();

CREATE FUNCTION data.keep_sealed_segments() RETURNS trigger LANGUAGE plpgsql AS $$
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
END $$;

CREATE TRIGGER version_segments_keep_sealed BEFORE INSERT OR UPDATE OR DELETE ON data.version_segments
  FOR EACH ROW EXECUTE FUNCTION data.keep_sealed_segments();

-- A whole segment keeps its rows, until nobody refers to it any more and it is purged.
CREATE FUNCTION data.keep_whole_segment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF old.state = 'loading' THEN RETURN new; END IF;
  IF new.state = 'purging' AND (new.dataset_id, new.segment_id, new.rows, new.sha256)
    IS NOT DISTINCT FROM (old.dataset_id, old.segment_id, old.rows, old.sha256)
    AND NOT EXISTS (SELECT FROM data.version_segments AS used
      WHERE used.dataset_id = old.dataset_id AND used.segment_id = old.segment_id)
  THEN RETURN new; END IF;
  RAISE EXCEPTION 'segment % of dataset % is in use', old.segment_id, old.dataset_id USING ERRCODE = 'SL001';
END $$;

CREATE TRIGGER segments_keep_whole BEFORE UPDATE ON data.segments
  FOR EACH ROW EXECUTE FUNCTION data.keep_whole_segment();

-- The only way in which rows go: those of a segment that is being purged, some thousands at a time so that no
-- statement runs for long. Returns how many went. Positions are dense, so that the next ones are a range of the key;
-- chosen by a join of the table with itself they took half a minute whenever the statistics expected few rows.
CREATE FUNCTION data.purge_rows(dataset bigint, segment bigint, most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
$$;

-- Plans are named by the hash of all that they are made of, so that they never change.
CREATE TABLE data.plans (
  project_id bigint NOT NULL,
  plan_id text COLLATE "C" NOT NULL,
  dataset_id bigint NOT NULL,
  version integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  definition jsonb NOT NULL,
  CONSTRAINT plans_pkey PRIMARY KEY (project_id, plan_id),
  CONSTRAINT plans_version_fkey FOREIGN KEY (dataset_id, version) REFERENCES data.versions (dataset_id, version)
);

-- Long work: what is to be done, how far it is, and what came of it. The queue in Redis is fed from here and may be
-- lost at any moment.
CREATE TABLE data.operations (
  project_id bigint NOT NULL,
  operation_id uuid NOT NULL,
  dataset_id bigint NOT NULL,
  kind text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL DEFAULT 'pending',
  progress double precision NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  relayed_at timestamptz,
  request jsonb NOT NULL,
  result jsonb,
  error jsonb,
  CONSTRAINT operations_pkey PRIMARY KEY (project_id, operation_id),
  CONSTRAINT operations_state_check CHECK (state IN ('pending', 'running', 'succeeded', 'failed')),
  CONSTRAINT operations_kind_check CHECK (kind IN ('seal', 'delete', 'select'))
);

CREATE INDEX operations_open_idx ON data.operations (created_at) WHERE state IN ('pending', 'running');

GRANT USAGE ON SCHEMA data TO sluice_sample, sluice_import;
GRANT SELECT ON ALL TABLES IN SCHEMA data TO sluice_sample, sluice_import;
GRANT INSERT ON data.plans TO sluice_sample;
GRANT INSERT, UPDATE ON data.datasets, data.versions, data.segments, data.operations TO sluice_import;
GRANT INSERT, DELETE ON data.parts, data.version_segments TO sluice_import;
GRANT DELETE ON data.segments TO sluice_import;
-- Never UPDATE, and DELETE by data.purge_rows alone.
GRANT INSERT ON data.sample_metadata TO sluice_import;
GRANT EXECUTE ON FUNCTION data.purge_rows(bigint, bigint, integer) TO sluice_import;
