import { setTimeout as sleep } from "node:timers/promises";
import { PgbouncerConsole } from "@sluice/pgbouncer";
import { readStack, vacuumSamples } from "@sluice/testing";
import { serviceMetric } from "../chaos/service-metrics.ts";
import { type DataProject, dataProject } from "../integration/data-project.ts";
import { openSuperuser } from "../integration/open-database.ts";
import { HttpConnection } from "./http-connection.ts";
import { percentile, renderRows } from "./table.ts";

const ROWS = 300_000;
const SEGMENTS = 10;
const JOBS = 120;
const WORKERS = 20;
/** Of a job: 32 samples for each of its workers. */
const BATCH = 32 * WORKERS;
const LOOK_EVERY_MS = 50;

/** How long a worker trains on its slice, milliseconds. */
interface Pace {
  readonly name: string;
  readonly stepMs: number;
}

const PACES: readonly Pace[] = [
  { name: "a step every 5 s", stepMs: 5_000 },
  { name: "the next step at once", stepMs: 0 },
];

interface Outcome {
  readonly latencies: readonly number[];
  readonly failed: number;
  readonly seconds: number;
  readonly timeouts: number;
  /** The most that was seen. */
  readonly serverConnections: number;
  /** Mean, of one acquisition. */
  readonly waitMs: number;
}

/** 120 jobs of 20 workers, each with a connection of its own, that read their slices of shuffled steps. */
export async function benchLoaders(seconds: number): Promise<string> {
  const project = await dataProject();
  const segments = Array.from({ length: SEGMENTS }, () => ROWS / SEGMENTS);
  await project.makeVersion({ version: 1, prefix: "a", segments });
  await using superuser = openSuperuser();
  await vacuumSamples(superuser);
  const plans: string[] = [];
  for (let seed = 0; seed < JOBS; seed += 1) plans.push(await makePlan(project, seed));
  const rows: string[][] = [];
  for (const pace of PACES) rows.push(render(pace, await measure(project, plans, pace, seconds)));
  const head = [
    "",
    "steps/s",
    "p50 ms",
    "p99 ms",
    "mean wait for a slot, ms",
    "failed",
    "time-outs",
    "server connections",
    "answers",
  ];
  const title = `${JOBS} jobs × ${WORKERS} loaders, slices of ${BATCH / WORKERS} of ${ROWS} samples, full shuffle`;
  return renderRows(title, head, rows);
}

async function makePlan(project: DataProject, seed: number): Promise<string> {
  const members = { dataset: "samples", version: 1, seed, batch_size: BATCH };
  const { status, text } = await project.send("POST", "/plans", members);
  if (status !== 200) throw new Error(text);
  return (JSON.parse(text) as { plan_id: string }).plan_id;
}

async function measure(
  project: DataProject,
  plans: readonly string[],
  { stepMs }: Pace,
  seconds: number,
): Promise<Outcome> {
  const timeouts = await serviceMetric("data-loader", "db_client_connection_timeouts_total");
  const [waits, waited] = [await waitCount(), await waitSum()];
  const latencies: number[] = [];
  let failed = 0;
  let isOver = false;
  const start = performance.now();
  const loaders = plans.flatMap((plan) =>
    Array.from({ length: WORKERS }, (_, rank) =>
      load(project, plan, rank, async (read) => {
        // Not all of them in the same moment.
        await sleep(Math.random() * stepMs);
        for (let step = 0; !isOver; step = (step + 1) % Math.floor(ROWS / BATCH)) {
          const due = performance.now();
          if ((await read(step)) !== 200) failed += 1;
          latencies.push(performance.now() - due);
          await sleep(Math.max(0, due + stepMs - performance.now()));
        }
      }),
    ),
  );
  const watching = watchServerConnections(() => isOver);
  await sleep(seconds * 1_000);
  isOver = true;
  await Promise.all(loaders);
  const acquired = (await waitCount()) - waits;
  return {
    latencies,
    failed,
    seconds: (performance.now() - start) / 1_000,
    timeouts:
      (await serviceMetric("data-loader", "db_client_connection_timeouts_total")) - timeouts,
    serverConnections: await watching,
    waitMs: (((await waitSum()) - waited) / acquired) * 1_000,
  };
}

const waitCount = (): Promise<number> =>
  serviceMetric("data-loader", "db_client_connection_wait_time_seconds_count");
const waitSum = (): Promise<number> =>
  serviceMetric("data-loader", "db_client_connection_wait_time_seconds_sum");

async function load(
  { project, key }: DataProject,
  plan: string,
  rank: number,
  body: (read: (step: number) => Promise<number>) => Promise<void>,
): Promise<void> {
  const { url } = readStack().services["data-loader"]!;
  const connection = new HttpConnection(url);
  const headers = { authorization: `Bearer ${key}` };
  const base = `${url}/v1/projects/${project}/plans/${plan}/epochs/0/steps`;
  await body((step) => {
    const target = `${base}/${step}?rank=${rank}&world_size=${WORKERS}`;
    return connection.send(HttpConnection.render("GET", target, headers, ""));
  });
  connection.close();
}

/** The most server connections that the samples' alias had at once. */
async function watchServerConnections(isOver: () => boolean): Promise<number> {
  const pooler = new PgbouncerConsole({ url: readStack().pgbouncer.admin_url });
  let most = 0;
  while (!isOver()) {
    const pools = await pooler.show("pools");
    const pool = pools.find(({ database }) => database === "sluice_sample");
    const { sv_active = 0, sv_idle = 0, sv_used = 0, sv_login = 0 } = pool ?? {};
    most = Math.max(most, (sv_active ?? 0) + (sv_idle ?? 0) + (sv_used ?? 0) + (sv_login ?? 0));
    await sleep(LOOK_EVERY_MS);
  }
  await pooler.close();
  return most;
}

function render({ name }: Pace, outcome: Outcome): string[] {
  const { latencies, failed, seconds, timeouts, serverConnections, waitMs } = outcome;
  return [
    name,
    (latencies.length / seconds).toFixed(0),
    percentile(latencies, 0.5).toFixed(1),
    percentile(latencies, 0.99).toFixed(1),
    waitMs.toFixed(2),
    String(failed),
    String(timeouts),
    String(serverConnections),
    String(latencies.length),
  ];
}
