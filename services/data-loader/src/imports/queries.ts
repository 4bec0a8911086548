import { isUniqueViolation } from "@sluice/db";
import type { KeysetPage } from "@sluice/http";
import { sql } from "kysely";
import type { Queryable } from "../data-loader.ts";
import type { SegmentKey } from "../segments/queries.ts";
import type { Batch } from "./batch.ts";
import type { UploadKey } from "./upload-queries.ts";

export interface PartRow {
  readonly part: string;
  readonly segment_id: string;
  readonly rows: number;
  /** Text: it may be beyond 32 bits. */
  readonly bytes: string;
  /** Of the bytes that were sent, in hex. */
  readonly sha256: string;
  /** How they were read; null of old ones, of which it is not known. */
  readonly options: string | null;
  readonly created_at: string;
}

const COLUMNS = sql`
  part.part, part.segment_id, part.rows, part.bytes, part.sha256, part.options, part.created_at`;

export async function findPart(
  db: Queryable,
  datasetId: string,
  version: number,
  part: string,
): Promise<PartRow | undefined> {
  const query = sql<PartRow>`
    select ${COLUMNS} from data.parts as part
    where part.dataset_id = ${datasetId}::bigint and part.version = ${version}::int and part.part = ${part}`;
  const [row] = await db.run("data.find_part", query, { idempotent: true });
  return row;
}

/** Parts of a version in order of their ids. */
export function listParts(
  db: Queryable,
  datasetId: string,
  version: number,
  { after, rows }: KeysetPage,
): Promise<PartRow[]> {
  const query = sql<PartRow>`
    select ${COLUMNS} from data.parts as part
    where part.dataset_id = ${datasetId}::bigint and part.version = ${version}::int and part.part > ${after}
    order by part.part
    limit ${rows}::int`;
  return db.run("data.list_parts", query, { idempotent: true });
}

/**
 * Stores a batch in a segment that is being loaded, and nothing in any other. The segment's row is share-locked, so that
 * whoever gives the segment up waits for the statement, and no row comes after the purge.
 *
 * Repeating it stores nothing twice: a batch is there as a whole or not at all, and its positions are its key.
 * @returns how many rows the segment has of it
 */
export async function insertBatch(
  db: Queryable,
  { datasetId, segmentId }: SegmentKey,
  batch: Batch,
): Promise<number> {
  const query = sql<{ inserted: number }>`
    with loading as (
      select from data.segments
      where dataset_id = ${datasetId}::bigint and segment_id = ${segmentId}::bigint and state = 'loading'
      for share
    ),
    inserted as (
      insert into data.sample_metadata
        (dataset_id, segment_id, position, created_at, sample_id, feature_hash, label, uri, attributes)
      select ${datasetId}::bigint, ${segmentId}::bigint, ${batch.first}::int + row.place::int - 1, row.created_at,
        row.sample_id, row.feature_hash, row.label, row.uri, row.attributes
      from loading cross join unnest(
        ${batch.createdAt}::timestamptz[], ${batch.sampleIds}::text[], ${batch.featureHashes}::text[],
        ${batch.labels}::text[], ${batch.uris}::text[], ${batch.attributes}::jsonb[]
      ) with ordinality as row (created_at, sample_id, feature_hash, label, uri, attributes, place)
      returning 1
    )
    select count(*)::int as inserted from inserted`;
  try {
    const [row] = await db.run("data.insert_batch", query, { idempotent: true });
    return row!.inserted;
  } catch (error) {
    if (isUniqueViolation(error, "sample_metadata_pkey")) return batch.rows;
    throw error;
  }
}

/** What an upload is that came to its end. */
export interface FinishedPart {
  readonly rows: number;
  readonly bytes: number;
  /** Of the bytes that were sent. */
  readonly sha256: string;
  /** How they were read. */
  readonly options: string;
  /** Of the rows' canonical JSON. */
  readonly contentSha256: string;
}

/**
 * Makes a segment whole and a part of its version: the one statement by which an upload happens. The version's row is
 * share-locked first, so that it is a draft until then; sealing locks it exclusively. Who follows the upload sees the
 * part instead.
 * @returns undefined when the version is no draft any more or the segment was given up
 * @throws PostgresError 23505 of parts_pkey when the part is there already
 */
export async function insertPart(
  db: Queryable,
  { datasetId, segmentId, version, part }: UploadKey,
  finished: FinishedPart,
): Promise<PartRow | undefined> {
  const query = sql<PartRow>`
    with draft as materialized (
      select dataset_id, version from data.versions
      where dataset_id = ${datasetId}::bigint and version = ${version}::int and state = 'draft'
      for share
    ),
    whole as (
      update data.segments as segment
      set state = 'whole', rows = ${finished.rows}::int, sha256 = ${finished.contentSha256}, touched_at = now()
      from draft
      where segment.dataset_id = ${datasetId}::bigint and segment.segment_id = ${segmentId}::bigint
        and segment.state = 'loading'
      returning segment.segment_id
    ),
    uploaded as (
      delete from data.uploads as upload using whole
      where upload.dataset_id = ${datasetId}::bigint and upload.version = ${version}::int and upload.part = ${part}
        and upload.segment_id = whole.segment_id
    )
    insert into data.parts as part (dataset_id, version, part, segment_id, rows, bytes, sha256, options)
    select draft.dataset_id, draft.version, ${part}, whole.segment_id, ${finished.rows}::int, ${finished.bytes}::bigint,
      ${finished.sha256}, ${finished.options}
    from draft cross join whole
    returning ${COLUMNS}`;
  const [row] = await db.run("data.insert_part", query);
  return row;
}

/** Takes a part out of a draft; its segment is to be purged. @returns undefined when the draft has no such part */
export async function deletePart(
  db: Queryable,
  datasetId: string,
  version: number,
  part: string,
): Promise<SegmentKey | undefined> {
  const query = sql<{ segment_id: string }>`
    with draft as materialized (
      select dataset_id, version from data.versions
      where dataset_id = ${datasetId}::bigint and version = ${version}::int and state = 'draft'
      for share
    ),
    gone as (
      delete from data.parts as part using draft
      where part.dataset_id = draft.dataset_id and part.version = draft.version and part.part = ${part}
      returning part.segment_id
    ),
    forgotten as (
      delete from data.uploads as upload using gone
      where upload.dataset_id = ${datasetId}::bigint and upload.version = ${version}::int and upload.part = ${part}
        and upload.error is not null
    )
    update data.segments as segment set state = 'purging', touched_at = now()
    from gone
    where segment.dataset_id = ${datasetId}::bigint and segment.segment_id = gone.segment_id
    returning segment.segment_id`;
  const [row] = await db.run("data.delete_part", query);
  return row && { datasetId, segmentId: row.segment_id };
}
