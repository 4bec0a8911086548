-- migrate:no-transaction
--
-- The indexes of data.sample_metadata, built without locking anybody out.

-- By feature hash: sample_id is part of the key, so that pages over equal hashes lose and repeat nothing. What a look-up
-- shows by default is included, so that it is answered from the index alone.
CREATE INDEX CONCURRENTLY IF NOT EXISTS sample_metadata_feature_hash_idx
  ON data.sample_metadata (dataset_id, feature_hash, sample_id)
  INCLUDE (label, created_at, segment_id, position);

-- By sample id, likewise.
CREATE INDEX CONCURRENTLY IF NOT EXISTS sample_metadata_sample_id_idx
  ON data.sample_metadata (dataset_id, sample_id)
  INCLUDE (feature_hash, label, created_at, segment_id, position);

-- By time, for ranges: a few bytes for every 128 pages, as rows stand in the order in which they came.
CREATE INDEX CONCURRENTLY IF NOT EXISTS sample_metadata_created_at_idx
  ON data.sample_metadata USING brin (created_at) WITH (pages_per_range = 128);
