-- The weekly maintenance reports: what the statements cost, and which indexes and tables need a hand.

-- One report with the statistics that it was made of, which the next week's is compared with.
CREATE TABLE monitoring.maintenance_reports (
  report_id bigint GENERATED ALWAYS AS IDENTITY,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- Of the report that this one is compared with; null for the first.
  compared_with bigint,
  report jsonb NOT NULL,
  markdown text NOT NULL,
  -- Counters of pg_stat_statements at that time.
  snapshot jsonb NOT NULL,
  CONSTRAINT maintenance_reports_pkey PRIMARY KEY (report_id)
);

-- Finds the report of a week ago, and those that are old.
CREATE INDEX maintenance_reports_created_at_idx ON monitoring.maintenance_reports (created_at);

GRANT SELECT, INSERT, DELETE ON monitoring.maintenance_reports TO sluice_monitor;
