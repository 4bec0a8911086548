-- A deleted dataset stays, since plans and operations name it, and gives its name free.
ALTER TABLE data.datasets
  ADD COLUMN deleted_at timestamptz,
  DROP CONSTRAINT datasets_pkey,
  ADD CONSTRAINT datasets_pkey PRIMARY KEY (project_id, dataset_id);

CREATE UNIQUE INDEX datasets_name_idx ON data.datasets (project_id, name) WHERE deleted_at IS NULL;

-- What is open is found by its age; nothing was ever kept in this column.
ALTER TABLE data.operations DROP COLUMN relayed_at;
