-- Positions in a segment are dense, so that the next rows to go are a range of the key. Chosen by a join, as before, they
-- were compared with each other whenever the statistics expected few rows of the segment: 5,000 of them took half a minute.
CREATE OR REPLACE FUNCTION data.purge_rows(dataset bigint, segment bigint, most integer) RETURNS integer
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
