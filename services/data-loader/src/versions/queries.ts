import type { KeysetPage } from "@sluice/http";
import { sql } from "kysely";
import type { Queryable } from "../data-loader.ts";

export type VersionState = "draft" | "sealed" | "deleting" | "deleted";

export interface VersionRow {
  readonly dataset_id: string;
  readonly version: number;
  readonly state: VersionState;
  readonly base_version: number | null;
  /** Text: it may be beyond 32 bits. Null before it is sealed. */
  readonly samples: string | null;
  readonly fingerprint: string | null;
  readonly created_at: string;
  readonly sealed_at: string | null;
}

const COLUMNS = sql`
  version.dataset_id, version.version, version.state, version.base_version, version.samples, version.fingerprint,
  version.created_at, version.sealed_at`;

/**
 * Begins the next version of a dataset. The dataset's row is locked by its counter, so that numbers are given out one
 * after the other. No row comes back when the base is not a sealed version of it.
 */
export async function insertVersion(
  db: Queryable,
  datasetId: string,
  { baseVersion, idempotencyKey }: { baseVersion: number | null; idempotencyKey: string | null },
): Promise<VersionRow | undefined> {
  const query = sql<VersionRow>`
    with base as (
      select where ${baseVersion}::int is null or exists (
        select from data.versions where dataset_id = ${datasetId}::bigint
          and version = ${baseVersion}::int and state = 'sealed'
      )
    ),
    dataset as (
      update data.datasets set versions = versions + 1, updated_at = now()
      from base where dataset_id = ${datasetId}::bigint
      returning dataset_id, versions
    )
    insert into data.versions as version (dataset_id, version, base_version, idempotency_key)
    select dataset_id, versions, ${baseVersion}::int, ${idempotencyKey} from dataset
    returning ${COLUMNS}`;
  const [row] = await db.run("data.insert_version", query);
  return row;
}

/** The version that was begun with a key. */
export async function findKeyedVersion(
  db: Queryable,
  datasetId: string,
  key: string,
): Promise<VersionRow | undefined> {
  const query = sql<VersionRow>`
    select ${COLUMNS} from data.versions as version
    where version.dataset_id = ${datasetId}::bigint and version.idempotency_key = ${key}`;
  const [row] = await db.run("data.find_keyed_version", query, { idempotent: true });
  return row;
}

export async function findVersion(
  db: Queryable,
  datasetId: string,
  version: number,
): Promise<VersionRow | undefined> {
  const query = sql<VersionRow>`
    select ${COLUMNS} from data.versions as version
    where version.dataset_id = ${datasetId}::bigint and version.version = ${version}::int`;
  const [row] = await db.run("data.find_version", query, { idempotent: true });
  return row;
}

/** The newest sealed version. */
export async function findLatestVersion(
  db: Queryable,
  datasetId: string,
): Promise<VersionRow | undefined> {
  const query = sql<VersionRow>`
    select ${COLUMNS} from data.versions as version
    where version.dataset_id = ${datasetId}::bigint and version.state = 'sealed'
    order by version.version desc limit 1`;
  const [row] = await db.run("data.find_latest_version", query, { idempotent: true });
  return row;
}

/** Versions from the first to the last. */
export function listVersions(
  db: Queryable,
  datasetId: string,
  { after, rows }: KeysetPage,
): Promise<VersionRow[]> {
  const query = sql<VersionRow>`
    select ${COLUMNS} from data.versions as version
    where version.dataset_id = ${datasetId}::bigint and version.version > ${after || "0"}::int
    order by version.version
    limit ${rows}::int`;
  return db.run("data.list_versions", query, { idempotent: true });
}

/** A run of rows at its place in a version. */
export interface SegmentRow {
  readonly segment_id: string;
  /** Ordinal of its first row. */
  readonly first_ordinal: string;
  readonly rows: number;
}

/** What a sealed version consists of, in order. */
export function listSegments(
  db: Queryable,
  datasetId: string,
  version: number,
): Promise<SegmentRow[]> {
  const query = sql<SegmentRow>`
    select segment_id, first_ordinal, rows from data.version_segments
    where dataset_id = ${datasetId}::bigint and version = ${version}::int
    order by first_ordinal`;
  return db.run("data.list_segments", query, { idempotent: true });
}
