import type postgres from "postgres";

export interface SealedVersion {
  readonly version: number;
  /** Of the sample ids, which go on with nine digits of the ordinal. */
  readonly prefix: string;
  /** Rows of each segment. */
  readonly segments: readonly number[];
}

/**
 * A sealed version. Sample n of it was created n seconds into 2001, shares its hash with one neighbour, and has no label
 * when n is a multiple of 3.
 */
export async function makeSealedVersion(
  superuser: postgres.Sql,
  datasetId: string,
  { version, prefix, segments }: SealedVersion,
): Promise<void> {
  const samples = segments.reduce((sum, rows) => sum + rows, 0);
  await superuser`
    insert into data.versions (dataset_id, version) values (${datasetId}, ${version})`;
  let first = 0;
  for (const rows of segments) {
    await superuser`
      with segment as (
        insert into data.segments (dataset_id, state, rows, sha256) values (${datasetId}, 'whole', ${rows}, 'none')
        returning dataset_id, segment_id
      ),
      used as (
        insert into data.version_segments (dataset_id, version, first_ordinal, segment_id, rows)
        select dataset_id, ${version}::int, ${first}::bigint, segment_id, ${rows}::int from segment
      )
      insert into data.sample_metadata (dataset_id, segment_id, position, created_at, sample_id, feature_hash, label, uri, attributes)
      select dataset_id, segment_id, n - ${first}::int, '2001-01-01T00:00:00Z'::timestamptz + n * interval '1 s',
        ${prefix}::text || lpad(n::text, 9, '0'), md5((n / 2)::text), case when n % 3 > 0 then 'label ' || n % 5 end,
        's3://bucket/' || n, jsonb_build_object('n', n)
      from segment cross join generate_series(${first}::int, ${first + rows - 1}::int) as n`;
    first += rows;
  }
  await superuser`
    update data.versions set state = 'sealed', samples = ${samples}, fingerprint = ${`${prefix}${version}`}, sealed_at = now()
    where dataset_id = ${datasetId} and version = ${version}`;
}

/** So that pages are marked as visible to all, and the planner knows what there is. */
export async function vacuumSamples(superuser: postgres.Sql): Promise<void> {
  await superuser`vacuum analyze data.sample_metadata, data.version_segments, data.versions, data.segments`;
}
