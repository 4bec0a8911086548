import { readStack } from "@sluice/testing";
import type { FeatureProject } from "../../integration/feature-project.ts";
import { batchBodies, FEATURES, fillViews, ROWS } from "./batch-bodies.ts";
import { requestText } from "./offer.ts";

const ENTITIES = 1_000;

/** What is asked for, and how. */
export interface Kind {
  readonly name: string;
  /** Numbers of clients, each waiting for its answer, among which the peak is. */
  readonly clients: readonly number[];
  /** Of each tenant; more than the service takes in at a time. */
  readonly connections: number;
  /** Makes and fills the views of a project, and the requests for them. */
  requests(project: FeatureProject): Promise<string[]>;
}

export const BATCHES: Kind = {
  name: `batches of ${ROWS} rows × ${FEATURES} features over 5 views`,
  clients: [8, 16, 32],
  connections: 500,
  requests: (project) => batchRequests(project, 5),
};

export const SINGLES: Kind = {
  name: "single look-ups of 10 features",
  clients: [64, 256, 1_000],
  connections: 4_000,
  requests: async (project) => {
    await fill(project, "v0");
    return Array.from({ length: ENTITIES }, (_, entity) =>
      requestText({ url: `${baseOf(project)}/features/v0/e${entity}`, key: project.key }),
    );
  },
};

/** Batch look-ups over so many views. */
export async function batchRequests(project: FeatureProject, views: number): Promise<string[]> {
  const url = `${baseOf(project)}/get-online-features`;
  const bodies = batchBodies(await fillViews(project, views));
  return bodies.map((body) => requestText({ url, key: project.key, method: "POST" }, body));
}

function baseOf({ project }: FeatureProject): string {
  return `${readStack().services["feature-api"]!.url}/v1/projects/${project}`;
}

/** Makes a view of ten features with every entity. @returns the features as Feast refers to them */
async function fill(project: FeatureProject, view: string): Promise<string[]> {
  const features = Array.from({ length: 10 }, (_, index) => `f${index}`);
  const types = Object.fromEntries(features.map((feature) => [feature, "float64"]));
  await project.makeView(view, { entity: "string" }, types);
  const entities = Array.from({ length: ENTITIES }, (_, index) => index);
  const columns = features.map((name, index) => [name, entities.map((row) => row + index / 7)]);
  const df = { entity: entities.map((row) => `e${row}`), ...Object.fromEntries(columns) };
  const { status, text } = await project.send("POST", "/push", { push_source_name: view, df });
  if (status !== 200) throw new Error(text);
  return features.map((feature) => `${view}:${feature}`);
}
