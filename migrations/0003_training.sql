-- Training jobs: what is to run, who runs it, and what became of it.
--
-- Every key begins with project_id, and every statement that locks rows names one project.

CREATE SCHEMA training;

CREATE TABLE training.training_jobs (
  project_id bigint NOT NULL,
  -- UUIDv7, made by the service: in order of creation, and the same when a creation is repeated.
  job_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  ended_at timestamptz,
  -- Of a job that waits to be tried again.
  retry_at timestamptz,
  -- When somebody last asked for a checkpoint.
  checkpoint_requested_at timestamptz,
  -- Since when the steps of all ranks stand still although they beat.
  hung_since timestamptz,
  retry_of uuid,
  -- Fencing token of the last attempt; null before the first.
  token uuid,
  -- Number of the last row in training.transitions.
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
  status text COLLATE "C" NOT NULL DEFAULT 'pending',
  queue text COLLATE "C" NOT NULL,
  name text NOT NULL,
  reason text NOT NULL DEFAULT 'created',
  message text,
  claimed_by text,
  labels jsonb NOT NULL,
  spec jsonb NOT NULL,
  CONSTRAINT training_jobs_pkey PRIMARY KEY (project_id, job_id),
  CONSTRAINT training_jobs_project_id_fkey FOREIGN KEY (project_id) REFERENCES auth.projects (project_id),
  CONSTRAINT training_jobs_status_check CHECK (
    status IN ('pending', 'running', 'retrying', 'cancelling', 'succeeded', 'failed', 'cancelled')
  ),
  CONSTRAINT training_jobs_priority_check CHECK (priority BETWEEN 0 AND 100),
  CONSTRAINT training_jobs_attempt_check CHECK (attempt BETWEEN 0 AND max_attempts),
  CONSTRAINT training_jobs_labels_check CHECK (jsonb_typeof(labels) = 'object')
) WITH (
  -- A job is rewritten a handful of times in its life, on the page where it stands if there is room. Its status is
  -- part of the partial indexes, so these updates are not HOT; sweeping soon keeps dead entries out of the claim's way.
  fillfactor = 80,
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_threshold = 200,
  autovacuum_vacuum_cost_delay = 1
);

-- The next job of a project, and of one of its queues. They hold what waits and nothing else, so that the
-- claim costs the same with ten million jobs behind it.
CREATE INDEX training_jobs_pending_idx ON training.training_jobs (project_id, priority DESC, job_id)
  WHERE status = 'pending';
CREATE INDEX training_jobs_pending_queue_idx ON training.training_jobs (project_id, queue, priority DESC, job_id)
  WHERE status = 'pending';
-- Jobs that somebody works on: counted against a tenant's quota and for fairness between its projects.
CREATE INDEX training_jobs_running_idx ON training.training_jobs (project_id)
  WHERE status IN ('running', 'cancelling');
-- Jobs whose pause is over, should the queue have forgotten them.
CREATE INDEX training_jobs_retrying_idx ON training.training_jobs (retry_at) WHERE status = 'retrying';
-- Lists by state, newest first.
CREATE INDEX training_jobs_status_idx ON training.training_jobs (project_id, status, job_id DESC);
CREATE INDEX training_jobs_queue_idx ON training.training_jobs (project_id, queue, job_id DESC);
-- Lists by label.
CREATE INDEX training_jobs_labels_idx ON training.training_jobs USING gin (labels jsonb_path_ops);

-- One try at a job, kept for good.
CREATE TABLE training.attempts (
  project_id bigint NOT NULL,
  job_id uuid NOT NULL,
  attempt integer NOT NULL,
  token uuid NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  claimed_by text,
  -- The reason of the transition that ended it.
  outcome text COLLATE "C",
  message text,
  -- What training.ranks held of it when it ended: over all ranks, and each of them.
  step bigint,
  progress double precision,
  ranks jsonb,
  CONSTRAINT attempts_pkey PRIMARY KEY (project_id, job_id, attempt),
  CONSTRAINT attempts_job_id_fkey FOREIGN KEY (project_id, job_id)
    REFERENCES training.training_jobs (project_id, job_id) ON DELETE CASCADE
);

-- The ranks of attempts under way, one row for each from the claim to the attempt's end: a few thousand rows,
-- rewritten by every heartbeat. Hence narrow and without any index but the key, and three quarters empty: rows grow by
-- half when they are told step and message, and one statement may rewrite all rows of a page. So all updates are HOT.
-- No foreign key, whose check would lock the job's row.
CREATE TABLE training.ranks (
  project_id bigint NOT NULL,
  job_id uuid NOT NULL,
  attempt integer NOT NULL,
  rank integer NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  -- Null before its first heartbeat.
  beat_at timestamptz,
  -- When its step last changed.
  stepped_at timestamptz,
  -- The request for a checkpoint that it was told of last.
  checkpoint_told_at timestamptz,
  step bigint,
  progress double precision,
  message text,
  CONSTRAINT ranks_pkey PRIMARY KEY (project_id, job_id, attempt, rank)
) WITH (
  fillfactor = 25,
  -- A fixed number: of so small a table any share would be reached at every glance.
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_cost_delay = 0,
  autovacuum_analyze_scale_factor = 0,
  autovacuum_analyze_threshold = 20000
);

-- Every change of a job's state, written by the statement that made it.
CREATE TABLE training.transitions (
  project_id bigint NOT NULL,
  job_id uuid NOT NULL,
  sequence integer NOT NULL,
  attempt integer NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  from_status text COLLATE "C",
  to_status text COLLATE "C" NOT NULL,
  reason text NOT NULL,
  message text,
  CONSTRAINT transitions_pkey PRIMARY KEY (project_id, job_id, sequence),
  CONSTRAINT transitions_job_id_fkey FOREIGN KEY (project_id, job_id)
    REFERENCES training.training_jobs (project_id, job_id) ON DELETE CASCADE
);

CREATE TABLE training.webhooks (
  project_id bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  url text NOT NULL,
  -- States whose entry is told, and 'hung'.
  events text[] NOT NULL,
  -- Kept in clear: each delivery is signed with it. Never shown.
  secret text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT webhooks_pkey PRIMARY KEY (project_id, name),
  CONSTRAINT webhooks_project_id_fkey FOREIGN KEY (project_id) REFERENCES auth.projects (project_id),
  CONSTRAINT webhooks_name_check CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$')
);

-- What has to be done because of a transition, written by its statement and deleted when it is done. The queue in
-- Redis is fed from here and may be lost at any moment.
CREATE TABLE training.outbox (
  project_id bigint NOT NULL,
  outbox_id uuid NOT NULL DEFAULT gen_random_uuid(),
  kind text COLLATE "C" NOT NULL,
  job_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  due_at timestamptz NOT NULL DEFAULT now(),
  -- When it was last put into the queue.
  relayed_at timestamptz,
  -- When the queue gave it up; it then stays as a dead letter.
  failed_at timestamptz,
  error text,
  payload jsonb NOT NULL,
  CONSTRAINT outbox_pkey PRIMARY KEY (project_id, outbox_id),
  CONSTRAINT outbox_kind_check CHECK (kind IN ('retry', 'webhook'))
) WITH (
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_cost_delay = 1
);

CREATE INDEX outbox_due_idx ON training.outbox (due_at) WHERE failed_at IS NULL;
-- Dead letters, the newest first.
CREATE INDEX outbox_dead_idx ON training.outbox (project_id, failed_at DESC, outbox_id DESC)
  WHERE failed_at IS NOT NULL;

-- Keys of creating requests, remembered for 24 hours.
CREATE TABLE training.idempotency_keys (
  project_id bigint NOT NULL,
  key text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  job_id uuid NOT NULL,
  request_sha256 bytea NOT NULL,
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (project_id, key)
);

CREATE INDEX idempotency_keys_created_at_idx ON training.idempotency_keys USING brin (created_at);

-- Claims of a tenant that has a quota of running jobs go one after the other, by the lock on its row here.
CREATE TABLE training.claim_turns (
  tenant_id bigint NOT NULL,
  CONSTRAINT claim_turns_pkey PRIMARY KEY (tenant_id),
  CONSTRAINT claim_turns_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES auth.tenants (tenant_id) ON DELETE CASCADE
);

-- One row: since when heartbeats could be taken without a pause, and who looks for ranks that send none. Silence
-- counts only while somebody could have heard.
CREATE TABLE training.watch (
  watch_id smallint NOT NULL DEFAULT 1,
  listening_since timestamptz NOT NULL DEFAULT now(),
  listening_at timestamptz NOT NULL DEFAULT now(),
  sweeper text,
  sweeper_until timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT watch_pkey PRIMARY KEY (watch_id),
  CONSTRAINT watch_watch_id_check CHECK (watch_id = 1)
) WITH (fillfactor = 10);

INSERT INTO training.watch DEFAULT VALUES;

GRANT USAGE ON SCHEMA training TO sluice_training;
-- What happened to a job is never deleted by the service.
GRANT SELECT, INSERT, UPDATE ON training.training_jobs, training.attempts TO sluice_training;
GRANT SELECT, INSERT ON training.transitions TO sluice_training;
GRANT SELECT, INSERT, UPDATE, DELETE
  ON training.ranks, training.webhooks, training.outbox, training.idempotency_keys TO sluice_training;
GRANT SELECT, INSERT, UPDATE ON training.claim_turns TO sluice_training;
GRANT SELECT, UPDATE ON training.watch TO sluice_training;
