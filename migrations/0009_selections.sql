-- Selections: versions that hold some of another version's samples, by reference.

-- A selection is a segment without rows of its own: its rows are some of its source's, in their order, and which of
-- them is said by a bit for each. A source is never a selection itself, and lives as long as what refers to it.
ALTER TABLE data.segments
  ADD COLUMN source_segment_id bigint,
  ADD CONSTRAINT segments_source_fkey FOREIGN KEY (dataset_id, source_segment_id)
    REFERENCES data.segments (dataset_id, segment_id);

CREATE INDEX segments_source_idx ON data.segments (dataset_id, source_segment_id) WHERE source_segment_id IS NOT NULL;

-- Bit i of block b, the lowest of each byte first, stands for position 8192 b + i of the source. All blocks are there.
-- A row has a bit more than a kibibyte: it is neither compressed nor stored elsewhere, and one bit costs one page.
CREATE TABLE data.selected_blocks (
  dataset_id bigint NOT NULL,
  segment_id bigint NOT NULL,
  block integer NOT NULL,
  bits bytea NOT NULL,
  CONSTRAINT selected_blocks_pkey PRIMARY KEY (dataset_id, segment_id, block),
  CONSTRAINT selected_blocks_segment_fkey FOREIGN KEY (dataset_id, segment_id)
    REFERENCES data.segments (dataset_id, segment_id) ON DELETE CASCADE,
  CONSTRAINT selected_blocks_bits_check CHECK (octet_length(bits) = 1024)
);

-- Blocks come while the segment is being made, and go with it.
CREATE FUNCTION data.keep_selected_blocks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM data.segments AS segment WHERE segment.dataset_id = new.dataset_id
    AND segment.segment_id = new.segment_id AND segment.state = 'loading' AND segment.source_segment_id IS NOT NULL)
  THEN RETURN new; END IF;
  RAISE EXCEPTION 'segment % of dataset % is no selection that is being made', new.segment_id, new.dataset_id
    USING ERRCODE = 'SL001';
END $$;

CREATE TRIGGER selected_blocks_keep BEFORE INSERT OR UPDATE ON data.selected_blocks
  FOR EACH ROW EXECUTE FUNCTION data.keep_selected_blocks();

GRANT SELECT ON data.selected_blocks TO sluice_sample, sluice_import;
GRANT INSERT ON data.selected_blocks TO sluice_import;

-- As before; a selection's source, too, is in use, and stays what it is.
CREATE OR REPLACE FUNCTION data.keep_whole_segment() RETURNS trigger LANGUAGE plpgsql AS $$
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
END $$;

-- The filter by which a version's samples were chosen from those of its base.
ALTER TABLE data.versions ADD COLUMN filter jsonb;
