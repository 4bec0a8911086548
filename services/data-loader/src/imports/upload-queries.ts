import { sql } from "kysely";
import type { Queryable } from "../data-loader.ts";
import type { SegmentKey } from "../segments/queries.ts";

/** An upload: what comes for a part, and the segment that it is stored in. */
export interface UploadKey extends SegmentKey {
  readonly version: number;
  readonly part: string;
}

/** What came of an upload until now. */
export interface Progress {
  readonly rows: number;
  readonly bytes: number;
  readonly rowsCommitted: number;
}

export type UploadState = "uploading" | "done" | "failed";

/** A part, or the newest upload that did not become one. */
export interface PartStatusRow {
  readonly part: string;
  readonly state: UploadState;
  readonly rows: number;
  /** Text: it may be beyond 32 bits. */
  readonly bytes: string;
  readonly rows_committed: number;
  readonly sha256: string | null;
  readonly created_at: string | null;
  readonly updated_at: string;
  /** A problem's members. */
  readonly error: Readonly<Record<string, unknown>> | null;
}

/** An upload is heard of four times as often as one is taken for dead of which nothing is heard. */
const SILENCE_SECONDS = 60;

const SILENT = {
  code: "DATABASE_UNAVAILABLE",
  detail: `Nothing was heard of the upload for ${SILENCE_SECONDS} s. Upload the part again.`,
};

/** Begins to say how far an upload is. Of several for one part the newest says it. */
export async function beginUpload(
  db: Queryable,
  { datasetId, segmentId, version, part }: UploadKey,
): Promise<void> {
  const query = sql`
    insert into data.uploads as upload (dataset_id, version, part, segment_id)
    values (${datasetId}::bigint, ${version}::int, ${part}, ${segmentId}::bigint)
    on conflict (dataset_id, version, part) do update
    set segment_id = excluded.segment_id, rows = 0, bytes = 0, rows_committed = 0, error = null, updated_at = now()
    where upload.segment_id < excluded.segment_id`;
  await db.run("data.begin_upload", query, { idempotent: true });
}

/** Says how far an upload is, unless it has failed. */
export async function touchUpload(
  db: Queryable,
  { datasetId, segmentId, version, part }: UploadKey,
  { rows, bytes, rowsCommitted }: Progress,
): Promise<void> {
  const query = sql`
    update data.uploads
    set rows = ${rows}::int, bytes = ${bytes}::bigint, rows_committed = ${rowsCommitted}::int,
      updated_at = clock_timestamp()
    where dataset_id = ${datasetId}::bigint and version = ${version}::int and part = ${part}
      and segment_id = ${segmentId}::bigint and error is null`;
  await db.run("data.touch_upload", query, { idempotent: true });
}

/** Says that an upload failed, and why. Nothing of it is kept. */
export async function failUpload(
  db: Queryable,
  { datasetId, segmentId, version, part }: UploadKey,
  { rows, bytes }: Progress,
  error: object,
): Promise<void> {
  const query = sql`
    update data.uploads
    set rows = ${rows}::int, bytes = ${bytes}::bigint, rows_committed = 0, error = ${JSON.stringify(error)}::json,
      updated_at = clock_timestamp()
    where dataset_id = ${datasetId}::bigint and version = ${version}::int and part = ${part}
      and segment_id = ${segmentId}::bigint`;
  await db.run("data.fail_upload", query, { idempotent: true });
}

/** Says no more of an upload: another one was as good. */
export async function forgetUpload(
  db: Queryable,
  { datasetId, segmentId, version, part }: UploadKey,
): Promise<void> {
  const query = sql`
    delete from data.uploads
    where dataset_id = ${datasetId}::bigint and version = ${version}::int and part = ${part}
      and segment_id = ${segmentId}::bigint`;
  await db.run("data.forget_upload", query, { idempotent: true });
}

/** Forgets uploads of which nothing was heard for a day. */
export async function forgetOldUploads(db: Queryable): Promise<void> {
  const query = sql`delete from data.uploads where updated_at < now() - interval '1 day'`;
  await db.run("data.forget_old_uploads", query, { idempotent: true });
}

/** A part as far as it is: what is stored counts, then the newest upload. */
export async function findPartStatus(
  db: Queryable,
  { datasetId, version, part }: Omit<UploadKey, "segmentId">,
): Promise<PartStatusRow | undefined> {
  const query = sql<PartStatusRow>`
    with stored as materialized (
      select part.part, 'done' as state, part.rows, part.bytes, part.rows as rows_committed, part.sha256,
        part.created_at, part.created_at as updated_at, null::json as error
      from data.parts as part
      where part.dataset_id = ${datasetId}::bigint and part.version = ${version}::int and part.part = ${part}
    )
    select * from stored
    union all
    select upload.part, case when failed.at is null then 'uploading' else 'failed' end, upload.rows, upload.bytes,
      upload.rows_committed, null, null, coalesce(failed.at, upload.updated_at),
      case when failed.at is not null then coalesce(upload.error, ${JSON.stringify(SILENT)}::json) end
    from data.uploads as upload
    cross join lateral (
      select case
        when upload.error is not null then upload.updated_at
        when upload.updated_at < now() - make_interval(secs => ${SILENCE_SECONDS}::double precision)
          then upload.updated_at + make_interval(secs => ${SILENCE_SECONDS}::double precision)
      end as at
    ) as failed
    where upload.dataset_id = ${datasetId}::bigint and upload.version = ${version}::int and upload.part = ${part}
      and not exists (select from stored)`;
  const [row] = await db.run("data.find_part_status", query, { idempotent: true });
  return row;
}
