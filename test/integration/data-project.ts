import { makeSealedVersion, type SealedVersion } from "@sluice/testing";
import { openSuperuser } from "./open-database.ts";
import { type ServiceProject, serviceProject } from "./service-project.ts";

/** The members of answers that tests look at one by one. */
export interface Body {
  readonly code: string;
  readonly detail: string;
  readonly limit: number;
  readonly errors: readonly { readonly path: string }[];
  readonly version: number;
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
  readonly index: readonly number[];
  readonly missing: readonly string[];
  readonly next_cursor: string | null;
}

/** A project of a test's own in the stack's data-loader, with one dataset. Paths are relative to the project. */
export interface DataProject extends ServiceProject<Body> {
  readonly datasetId: string;
  /** The path of the dataset. */
  readonly dataset: string;
  makeVersion(version: SealedVersion): Promise<void>;
}

export async function dataProject(): Promise<DataProject> {
  const own = await serviceProject("data-loader", (text) => JSON.parse(text) as Body);
  const dataset = "/datasets/samples";
  const { status, text } = await own.send("PUT", dataset, {});
  if (status !== 201) throw new Error(text);
  await using superuser = openSuperuser();
  const [row] = await superuser<{ dataset_id: string }[]>`
    select d.dataset_id from data.datasets d join auth.projects p on p.project_id = d.project_id
    where p.name = ${own.project}`;
  const datasetId = row!.dataset_id;
  const makeVersion: DataProject["makeVersion"] = async (version) => {
    await using sql = openSuperuser();
    await makeSealedVersion(sql, datasetId, version);
  };
  return { ...own, datasetId, dataset, makeVersion };
}
