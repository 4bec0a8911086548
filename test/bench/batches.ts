import { readStack } from "@sluice/testing";
import { type FeatureProject, featureProject } from "../integration/feature-project.ts";
import { batchBodies, FEATURES, fillViews, ROWS } from "./load/batch-bodies.ts";
import { serviceMetric } from "../chaos/service-metrics.ts";
import { HttpConnection } from "./http-connection.ts";
import { openLoop } from "./open-loop.ts";
import { cpuSeconds } from "./process-cpu.ts";
import { percentile } from "./table.ts";

const RATE = 100;
const WARM_UP_SECONDS = 2;
const VIEWS = [1, 5, 20];

/** Batches of 100 rows × 50 features over more and more views, at a fixed rate whatever the answers take. */
export async function benchBatches(seconds: number): Promise<string> {
  const project = await featureProject();
  const rows: string[] = [];
  for (const views of VIEWS) rows.push(await measure(project, views, seconds));
  return [
    `## Batches of ${ROWS} rows × ${FEATURES} features, ${RATE} requests/s for ${seconds} s, open loop`,
    "",
    "| views | p50 ms | p99 ms | max ms | failed | statements a request | service CPU ms/request | database CPU ms/request | generator CPU | samples |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

async function measure(project: FeatureProject, views: number, seconds: number): Promise<string> {
  const features = await fillViews(project, views);
  const { services, postgres, pgbouncer } = readStack();
  const { url, pid } = services["feature-api"]!;
  const path = `${url}/v1/projects/${project.project}/get-online-features`;
  const headers = { authorization: `Bearer ${project.key}`, "content-type": "application/json" };
  const requests = batchBodies(features).map((body) =>
    HttpConnection.render("POST", path, headers, body),
  );
  const load = {
    url,
    request: (index: number): string => requests[index % requests.length]!,
    rate: RATE,
  };
  await openLoop({ ...load, seconds: WARM_UP_SECONDS });
  const service = (): number => cpuSeconds(pid);
  const database = (): number => cpuSeconds(postgres.pid) + cpuSeconds(pgbouncer.pid);
  const before = { statements: await statements(), service: service(), database: database() };
  const { latencies, failed, cpuShare } = await openLoop({ ...load, seconds });
  const samples = latencies.length;
  const cells = [
    views,
    ...[0.5, 0.99, 1].map((share) => percentile(latencies, share).toFixed(1)),
    failed,
    (((await statements()) - before.statements) / samples).toFixed(2),
    (((service() - before.service) / samples) * 1_000).toFixed(2),
    (((database() - before.database) / samples) * 1_000).toFixed(2),
    `${Math.round(cpuShare * 100)} %`,
    samples,
  ];
  return `| ${cells.join(" | ")} |`;
}

function statements(): Promise<number> {
  return serviceMetric("feature-api", "db_client_operation_duration_seconds_count");
}
