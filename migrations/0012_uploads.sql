-- How far uploads are, for whoever follows one. Of a part's uploads the newest; one that became a part has no row.
--
-- No foreign key: its check would wait for whoever seals the version.
CREATE TABLE data.uploads (
  dataset_id bigint NOT NULL,
  version integer NOT NULL,
  part text COLLATE "C" NOT NULL,
  -- What it is stored in.
  segment_id bigint NOT NULL,
  -- Came until now.
  rows integer NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0,
  rows_committed integer NOT NULL DEFAULT 0,
  -- When it was last heard of.
  updated_at timestamptz NOT NULL DEFAULT now(),
  -- With which it failed. As text: jsonb has no U+0000, which may be what was wrong.
  error json,
  CONSTRAINT uploads_pkey PRIMARY KEY (dataset_id, version, part)
) WITH (
  -- A row is updated twice a second: HOT, in a page with room.
  fillfactor = 50
);

GRANT SELECT ON data.uploads TO sluice_sample, sluice_import;
GRANT INSERT, UPDATE, DELETE ON data.uploads TO sluice_import;
