-- Who may do what: tenants own projects, keys act for one tenant.
--
-- Names are COLLATE "C": the pattern's ranges then mean ASCII whatever the database's locale is, and an
-- upgrade of the system's collations cannot corrupt the index behind a name.

-- Functions are executable by everybody unless somebody says otherwise.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE SCHEMA auth;

CREATE TABLE auth.tenants (
  tenant_id bigint GENERATED ALWAYS AS IDENTITY,
  name text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id),
  CONSTRAINT tenants_name_key UNIQUE (name),
  CONSTRAINT tenants_name_check CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$')
);

CREATE TABLE auth.projects (
  project_id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT projects_pkey PRIMARY KEY (project_id),
  CONSTRAINT projects_name_key UNIQUE (name),
  -- Lists a tenant's projects, and lets a key's foreign key say that its project is its tenant's.
  CONSTRAINT projects_tenant_id_project_id_key UNIQUE (tenant_id, project_id),
  CONSTRAINT projects_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES auth.tenants (tenant_id),
  CONSTRAINT projects_name_check CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$')
);

CREATE TABLE auth.api_keys (
  key_id text COLLATE "C" NOT NULL,
  tenant_id bigint,
  project_id bigint,
  name text NOT NULL,
  secret_sha256 bytea NOT NULL,
  scopes text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  CONSTRAINT api_keys_pkey PRIMARY KEY (key_id),
  CONSTRAINT api_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES auth.tenants (tenant_id),
  -- A key can only be bound to a project of its own tenant.
  CONSTRAINT api_keys_tenant_id_project_id_fkey
    FOREIGN KEY (tenant_id, project_id) REFERENCES auth.projects (tenant_id, project_id),
  -- Without a tenant it is a platform key, and the foreign key above checks nothing for a row with a null.
  CONSTRAINT api_keys_platform_check CHECK (tenant_id IS NOT NULL OR project_id IS NULL),
  CONSTRAINT api_keys_name_check CHECK (char_length(name) BETWEEN 1 AND 200),
  CONSTRAINT api_keys_secret_sha256_check CHECK (octet_length(secret_sha256) = 32),
  CONSTRAINT api_keys_scopes_check CHECK (cardinality(scopes) > 0 AND array_position(scopes, NULL) IS NULL)
);

-- Lists a tenant's keys page by page, and backs both foreign keys.
CREATE INDEX api_keys_tenant_id_key_id_idx ON auth.api_keys (tenant_id, key_id);

-- A null is no limit.
CREATE TABLE auth.quotas (
  tenant_id bigint NOT NULL,
  requests_per_second integer,
  concurrent_requests integer,
  running_jobs integer,
  CONSTRAINT quotas_pkey PRIMARY KEY (tenant_id),
  CONSTRAINT quotas_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES auth.tenants (tenant_id) ON DELETE CASCADE,
  CONSTRAINT quotas_requests_per_second_check CHECK (requests_per_second >= 0),
  CONSTRAINT quotas_concurrent_requests_check CHECK (concurrent_requests >= 0),
  CONSTRAINT quotas_running_jobs_check CHECK (running_jobs >= 0)
);

-- Every service verifies keys and so reads this schema; only the administrator's workload writes it. The
-- monitor workload serves no request by itself and needs none of it.
GRANT USAGE ON SCHEMA auth TO sluice_feature, sluice_training, sluice_sample, sluice_import, sluice_admin;
GRANT SELECT ON ALL TABLES IN SCHEMA auth
  TO sluice_feature, sluice_training, sluice_sample, sluice_import, sluice_admin;
GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA auth TO sluice_admin;
