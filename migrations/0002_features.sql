-- Feature views, feature services and the values served online.
--
-- Every key begins with project_id, so that the tables can be distributed by it. The foreign keys go to
-- auth.projects, a small table that a distributed database replicates to every node.

CREATE SCHEMA features;

CREATE TABLE features.feature_views (
  project_id bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  -- Stands for the name in online_values: 8 bytes in each row and index entry instead of up to 64.
  view_id bigint GENERATED ALWAYS AS IDENTITY,
  join_keys jsonb NOT NULL,
  features jsonb NOT NULL,
  ttl_seconds bigint,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT feature_views_pkey PRIMARY KEY (project_id, name),
  CONSTRAINT feature_views_project_id_view_id_key UNIQUE (project_id, view_id),
  CONSTRAINT feature_views_project_id_fkey FOREIGN KEY (project_id) REFERENCES auth.projects (project_id),
  CONSTRAINT feature_views_name_check CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  CONSTRAINT feature_views_join_keys_check CHECK (jsonb_typeof(join_keys) = 'array' AND join_keys <> '[]'),
  CONSTRAINT feature_views_features_check CHECK (jsonb_typeof(features) = 'array' AND features <> '[]'),
  CONSTRAINT feature_views_ttl_seconds_check CHECK (ttl_seconds >= 0)
);

CREATE TABLE features.feature_services (
  project_id bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  features jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT feature_services_pkey PRIMARY KEY (project_id, name),
  CONSTRAINT feature_services_project_id_fkey FOREIGN KEY (project_id) REFERENCES auth.projects (project_id),
  CONSTRAINT feature_services_name_check CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  CONSTRAINT feature_services_features_check CHECK (jsonb_typeof(features) = 'array' AND features <> '[]')
);

-- One wide row for an entity and view. The look-up is one descent of the primary key, all three columns
-- compared for equality; COLLATE "C" compares the key with memcmp and makes the index immune to changes of
-- the system's collations. The fixed-width columns stand first: no padding, and their offsets are known.
--
-- No foreign key to feature_views: it would cost a second probe for each row pushed, and the writer has just
-- read the view. No index but the primary key, and no column of it ever updated: every update can be HOT.
CREATE TABLE features.online_values (
  project_id bigint NOT NULL,
  view_id bigint NOT NULL,
  event_time timestamptz NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now(),
  entity_key text COLLATE "C" NOT NULL,
  feature_values jsonb NOT NULL,
  CONSTRAINT online_values_pkey PRIMARY KEY (project_id, view_id, entity_key),
  -- An index entry may have 2,704 bytes; this refuses by name what the index would refuse obscurely.
  CONSTRAINT online_values_entity_key_check CHECK (octet_length(entity_key) <= 2048),
  CONSTRAINT online_values_feature_values_check CHECK (jsonb_typeof(feature_values) = 'object')
) WITH (
  -- Room on every page for the next version of its rows, so that an update touches one page and no index.
  -- A refresh rewrites a whole view at once: of its updates 20 % were HOT at 100, 57 % at 70, 88 % at 50
  -- (50,000 entities, batches of 1,000). The table ends at the same size, for what 100 saves it bloats.
  fillfactor = 50,
  -- Every push leaves dead rows. 2 % instead of 20 % keeps a big view's dead rows few enough to be swept
  -- in seconds; the cost delay of 1 ms lets the sweep keep up with the pushes.
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_cost_delay = 1,
  autovacuum_analyze_scale_factor = 0.05,
  -- The first load of a view is inserts only; vacuum soon, so that reads need not check its rows' commits.
  autovacuum_vacuum_insert_scale_factor = 0.05
);

GRANT USAGE ON SCHEMA features TO sluice_feature;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA features TO sluice_feature;
