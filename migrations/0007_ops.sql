-- What is done to the pools: by the autoscaler, and by people.
--
-- None of it belongs to a project: there is one set of pools in an installation.

CREATE SCHEMA ops;

-- The autoscaler's mode, and which instance of ops acts: one row. Who finds the lease run out takes it and counts the
-- term up, which every write of a leader names.
CREATE TABLE ops.autoscaler (
  autoscaler_id smallint NOT NULL DEFAULT 1,
  mode text COLLATE "C" NOT NULL DEFAULT 'on',
  mode_set_at timestamptz NOT NULL DEFAULT now(),
  mode_set_by text,
  leader text,
  leader_until timestamptz NOT NULL DEFAULT '-infinity',
  term bigint NOT NULL DEFAULT 0,
  CONSTRAINT autoscaler_pkey PRIMARY KEY (autoscaler_id),
  CONSTRAINT autoscaler_id_check CHECK (autoscaler_id = 1),
  CONSTRAINT autoscaler_mode_check CHECK (mode IN ('on', 'dry_run', 'frozen'))
) WITH (fillfactor = 20); -- The lease is renewed every few seconds, on its page.
INSERT INTO ops.autoscaler DEFAULT VALUES;

-- Every decision: what was seen, what was wanted, what became of it. A decision that repeats the alias's last one is
-- counted there, so that an idle week is not a million rows.
CREATE TABLE ops.scaling_events (
  event_id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL DEFAULT now(),
  last_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  term bigint NOT NULL,
  repeats integer NOT NULL DEFAULT 0,
  size_before integer NOT NULL,
  size_asked integer NOT NULL,
  size_read_back integer,
  -- Server connections when the change ended.
  servers_after integer,
  alias text COLLATE "C" NOT NULL,
  action text COLLATE "C" NOT NULL,
  reason text COLLATE "C" NOT NULL,
  outcome text COLLATE "C" NOT NULL,
  actor text NOT NULL,
  detail text NOT NULL,
  seen jsonb,
  CONSTRAINT scaling_events_pkey PRIMARY KEY (event_id),
  CONSTRAINT scaling_events_action_check CHECK (action IN ('grow', 'shrink', 'hold', 'refuse', 'restore')),
  -- 'intended' is written before the change: who dies in the middle of it leaves it to the next leader.
  CONSTRAINT scaling_events_outcome_check CHECK (
    outcome IN ('intended', 'applied', 'not_converged', 'failed', 'abandoned', 'dry_run', 'refused', 'none')
  )
);
-- An alias's events, newest first.
CREATE INDEX scaling_events_alias_idx ON ops.scaling_events (alias, event_id DESC);
-- One change in flight, of whomever.
CREATE UNIQUE INDEX scaling_events_in_flight_idx ON ops.scaling_events ((true)) WHERE outcome = 'intended';

-- The pool size that each alias should have; without a row, the profile's. A row counts while the profile still says
-- what it said then: who changes workloads.yaml means it.
CREATE TABLE ops.pool_sizes (
  alias text COLLATE "C" NOT NULL,
  pool_size integer NOT NULL,
  configured integer NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  event_id bigint NOT NULL,
  CONSTRAINT pool_sizes_pkey PRIMARY KEY (alias),
  CONSTRAINT pool_sizes_event_id_fkey FOREIGN KEY (event_id) REFERENCES ops.scaling_events (event_id),
  CONSTRAINT pool_sizes_pool_size_check CHECK (pool_size > 0)
);

-- Changes that people ask for: tried on one instance, then everywhere or nowhere.
CREATE TABLE ops.config_changes (
  change_id bigint GENERATED ALWAYS AS IDENTITY,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  finished_at timestamptz,
  term bigint,
  window_seconds integer NOT NULL,
  state text COLLATE "C" NOT NULL DEFAULT 'pending',
  author text NOT NULL,
  reason text NOT NULL,
  expected_effect text NOT NULL,
  rollback text NOT NULL,
  -- {"alias": …} or {"service": …, "pool": …}
  target jsonb NOT NULL,
  settings jsonb NOT NULL,
  -- The settings before, the instance it is tried on, and what was measured before and while it was.
  previous jsonb,
  canary text,
  evidence jsonb,
  detail text,
  CONSTRAINT config_changes_pkey PRIMARY KEY (change_id),
  CONSTRAINT config_changes_state_check CHECK (
    state IN ('pending', 'measuring', 'trying', 'rolled_out', 'rolled_back', 'failed')
  )
);
-- One at a time: of two changes nobody could tell which made things worse.
CREATE UNIQUE INDEX config_changes_open_idx ON ops.config_changes ((true))
  WHERE state IN ('pending', 'measuring', 'trying');

-- The settings of gates that a change gave to a service's instances, which forget them when they restart. Like pool
-- sizes each counts while the profile says what it said then (`configured`).
CREATE TABLE ops.gate_settings (
  service text COLLATE "C" NOT NULL,
  pool text COLLATE "C" NOT NULL,
  settings jsonb NOT NULL,
  configured jsonb NOT NULL,
  change_id bigint NOT NULL,
  CONSTRAINT gate_settings_pkey PRIMARY KEY (service, pool),
  CONSTRAINT gate_settings_change_id_fkey FOREIGN KEY (change_id) REFERENCES ops.config_changes (change_id)
);

-- The autoscaler works through the monitor's gate, the CLI and people's changes through the administrator's.
GRANT USAGE ON SCHEMA ops TO sluice_monitor, sluice_admin;
GRANT SELECT ON ALL TABLES IN SCHEMA ops TO sluice_monitor, sluice_admin;
GRANT UPDATE ON ops.autoscaler TO sluice_monitor, sluice_admin;
GRANT INSERT, UPDATE ON ops.scaling_events, ops.pool_sizes, ops.config_changes, ops.gate_settings
  TO sluice_monitor, sluice_admin;
