import { readStack } from "@sluice/testing";
import autocannon from "autocannon";
import { type FeatureProject, featureProject } from "../integration/feature-project.ts";
import { serviceMetric } from "../chaos/service-metrics.ts";

const ENTITIES = 1_000;
const ROWS = 100;
const FEATURES = 50;
const RATE = 100;
const VIEWS = [1, 5, 20];

/** Batches of 100 rows × 50 features over more and more views, at a fixed rate whatever the answers take. */
export async function benchBatches(seconds: number): Promise<string> {
  const project = await featureProject();
  const rows: string[] = [];
  for (const views of VIEWS) rows.push(await measure(project, views, seconds));
  return [
    `## Batches of ${ROWS} rows × ${FEATURES} features, ${RATE} requests/s for ${seconds} s, open loop`,
    "",
    "| views | p50 ms | p97.5 ms | p99 ms | failed | statements a request | samples |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

async function measure(project: FeatureProject, views: number, duration: number): Promise<string> {
  const names = await fill(project, views);
  const url = `${readStack().services["feature-api"]!.url}/v1/projects/${project.project}/get-online-features`;
  const headers = { authorization: `Bearer ${project.key}`, "content-type": "application/json" };
  const requests = Array.from({ length: 10 }, (_, batch) => ({
    body: JSON.stringify(request(names, batch)),
  }));
  const before = await statements();
  const result = await autocannon({
    url,
    method: "POST",
    headers,
    requests,
    connections: 50,
    overallRate: RATE,
    duration,
  });
  const answered = result["2xx"] + result.non2xx;
  const each = ((await statements()) - before) / answered;
  const { p50, p97_5, p99 } = result.latency;
  return `| ${views} | ${p50} | ${p97_5} | ${p99} | ${result.non2xx + result.errors} | ${each.toFixed(2)} | ${answered} |`;
}

/** Makes `count` views that share the features among them, with every entity in each. */
async function fill(project: FeatureProject, count: number): Promise<string[]> {
  const features = Array.from({ length: Math.ceil(FEATURES / count) }, (_, index) => `f${index}`);
  const entities = Array.from({ length: ENTITIES }, (_, index) => `e${index}`);
  const names: string[] = [];
  for (let view = 0; view < count; view += 1) {
    const name = `batch-${count}-${view}`;
    const types = Object.fromEntries(features.map((feature) => [feature, "float64"]));
    await project.makeView(name, { entity: "string" }, types);
    const columns = features.map((feature, index) => [
      feature,
      entities.map((_, row) => row + index / 7),
    ]);
    const df = { entity: entities, ...Object.fromEntries(columns) };
    const { status, text } = await project.send("POST", "/push", {
      push_source_name: name,
      df,
      to: "online",
    });
    if (status !== 200) throw new Error(text);
    names.push(...features.map((feature) => `${name}:${feature}`));
  }
  return names.slice(0, FEATURES);
}

function request(features: readonly string[], batch: number): object {
  const entity = Array.from({ length: ROWS }, (_, row) => `e${(batch * ROWS + row) % ENTITIES}`);
  return { features, entities: { entity }, full_feature_names: true };
}

function statements(): Promise<number> {
  return serviceMetric("feature-api", "db_client_operation_duration_seconds_count");
}
