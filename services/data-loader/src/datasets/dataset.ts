import { SluiceError } from "@sluice/errors";
import type { Queryable } from "../data-loader.ts";
import { type DatasetRow, findDataset } from "./queries.ts";

/** @throws SluiceError DATASET_NOT_FOUND */
export async function getDataset(
  db: Queryable,
  projectId: string,
  name: string,
): Promise<DatasetRow> {
  const dataset = await findDataset(db, projectId, name);
  if (dataset !== undefined) return dataset;
  const detail = `The project has no dataset "${name}". Make it with PUT …/datasets/${name}.`;
  throw new SluiceError("DATASET_NOT_FOUND", detail);
}

/** A dataset as the API shows it. */
export function renderDataset(row: DatasetRow): Omit<DatasetRow, "dataset_id"> {
  const { name, description, versions, latest_version, created_at, updated_at } = row;
  return { name, description, versions, latest_version, created_at, updated_at };
}
