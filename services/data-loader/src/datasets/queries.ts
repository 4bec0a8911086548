import type { KeysetPage } from "@sluice/http";
import { sql } from "kysely";
import type { Queryable } from "../data-loader.ts";

export interface DatasetRow {
  readonly dataset_id: string;
  readonly name: string;
  readonly description: string | null;
  /** How many versions were ever begun. */
  readonly versions: number;
  /** The newest sealed one. */
  readonly latest_version: number | null;
  readonly created_at: string;
  readonly updated_at: string;
}

const COLUMNS = sql`
  dataset.dataset_id, dataset.name, dataset.description, dataset.versions, dataset.created_at, dataset.updated_at, (
    select max(version.version) from data.versions as version
    where version.dataset_id = dataset.dataset_id and version.state = 'sealed'
  ) as latest_version`;

/** Makes a dataset or changes its description. */
export async function upsertDataset(
  db: Queryable,
  projectId: string,
  { name, description }: { name: string; description: string | null },
): Promise<DatasetRow & { created: boolean }> {
  const query = sql<DatasetRow & { created: boolean }>`
    insert into data.datasets as dataset (project_id, name, description)
    values (${projectId}::bigint, ${name}, ${description})
    on conflict (project_id, name) where deleted_at is null do update set description = excluded.description, updated_at = now()
    returning ${COLUMNS}, dataset.xmax = 0 as created`;
  const [row] = await db.run("data.upsert_dataset", query, { idempotent: true });
  return row!;
}

export async function findDataset(
  db: Queryable,
  projectId: string,
  name: string,
): Promise<DatasetRow | undefined> {
  const query = sql<DatasetRow>`
    select ${COLUMNS} from data.datasets as dataset
    where dataset.project_id = ${projectId}::bigint and dataset.name = ${name} and dataset.deleted_at is null`;
  const [row] = await db.run("data.find_dataset", query, { idempotent: true });
  return row;
}

/** Datasets in order of name. */
export function listDatasets(
  db: Queryable,
  projectId: string,
  { after, rows }: KeysetPage,
): Promise<DatasetRow[]> {
  const query = sql<DatasetRow>`
    select ${COLUMNS} from data.datasets as dataset
    where dataset.project_id = ${projectId}::bigint and dataset.name > ${after} and dataset.deleted_at is null
    order by dataset.name
    limit ${rows}::int`;
  return db.run("data.list_datasets", query, { idempotent: true });
}

/** Takes a dataset's name from it: nobody finds it any more, and no version of it is begun. */
export async function markDatasetDeleted(db: Queryable, datasetId: string): Promise<void> {
  const query = sql`
    update data.datasets set deleted_at = now()
    where dataset_id = ${datasetId}::bigint and deleted_at is null`;
  await db.run("data.mark_dataset_deleted", query, { idempotent: true });
}
