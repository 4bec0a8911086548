import { readStack, vacuumSamples } from "@sluice/testing";
import { dataProject } from "../../integration/data-project.ts";
import { featureProject } from "../../integration/feature-project.ts";
import { openSuperuser } from "../../integration/open-database.ts";
import { startInstance } from "../../integration/service-instance.ts";
import type { Section } from "../../report/report.ts";
import { batchRequests, SINGLES } from "../load/request-kinds.ts";
import { closedLoop, stackTarget } from "./closed-loop.ts";
import { type Point, renderCurve } from "./curve.ts";
import { sampleCosts } from "./sample-costs.ts";

export interface ScalingOptions {
  /** Of a window. */
  readonly seconds: number;
  readonly clients: readonly number[];
  readonly views: readonly number[];
  readonly instances: readonly number[];
  /** Samples of a dataset. */
  readonly rows: readonly number[];
}

/** How cost grows with clients, views, instances and rows. */
export async function scaling(options: ScalingOptions): Promise<Section[]> {
  return [
    await overClients(options),
    await overViews(options),
    await overInstances(options),
    await overRows(options),
  ];
}

async function overClients({ clients, seconds }: ScalingOptions): Promise<Section> {
  const requests = await SINGLES.requests(await featureProject());
  const points = await pointsOf(clients, (size) =>
    closedLoop([stackTarget()], requests, { clients: size, seconds }),
  );
  const text = `Single look-ups of 10 features, closed loop, ${seconds} s each.`;
  return renderCurve({ heading: "Single look-ups by clients", text, size: "clients", points });
}

async function overViews({ views, seconds }: ScalingOptions): Promise<Section> {
  const project = await featureProject();
  const points = await pointsOf(views, async (size) =>
    closedLoop([stackTarget()], await batchRequests(project, size), { clients: 4, seconds }),
  );
  const text = `Batches of 100 rows × 50 features, 4 clients, ${seconds} s each.`;
  return renderCurve({ heading: "Batches by views", text, size: "views", points });
}

/** On this machine they share the processors with each other, the database and the generator. */
async function overInstances({ instances, seconds }: ScalingOptions): Promise<Section> {
  const requests = await SINGLES.requests(await featureProject());
  const targets = [stackTarget()];
  await using further = new AsyncDisposableStack();
  const points = await pointsOf(instances, async (size) => {
    while (targets.length < size) targets.push(further.use(await startFeatureApi()));
    return closedLoop(targets, requests, { clients: 256, seconds });
  });
  const text = `Single look-ups of 10 features, 256 clients shared out among the instances, ${seconds} s each.`;
  const heading = "Single look-ups by instances of feature-api";
  return renderCurve({ heading, text, size: "instances", points });
}

async function overRows({ rows }: ScalingOptions): Promise<Section> {
  await using superuser = openSuperuser();
  const points = await pointsOf(rows, async (size) => {
    const project = await dataProject();
    const segments = Array.from({ length: Math.ceil(size / 1e6) }, () => Math.min(size, 1e6));
    await project.makeVersion({ version: 1, prefix: "s", segments });
    await vacuumSamples(superuser);
    return sampleCosts(project, size);
  });
  const text =
    "1,000 samples by id, and slices of 64 samples of steps anywhere in an epoch; one client.";
  return renderCurve({ heading: "Samples by rows of the dataset", text, size: "rows", points });
}

async function pointsOf(
  sizes: readonly number[],
  costs: (size: number) => Promise<Point["costs"]>,
): Promise<Point[]> {
  const points: Point[] = [];
  for (const size of sizes) points.push({ size, costs: await costs(size) });
  return points;
}

function startFeatureApi() {
  return startInstance("services/feature-api/src/main.ts", {
    SLUICE_FEATURE_URL: readStack().pgbouncer.urls["feature"],
    SLUICE_LOG_LEVEL: "info",
  });
}
