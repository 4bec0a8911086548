import { coalesceMeter } from "@sluice/coalesce";
import { createRegistry } from "@sluice/telemetry";
import { readStack } from "@sluice/testing";
import { beatWriter } from "@sluice/training-manager/beat-writer";
import { sql } from "kysely";
import { serviceMetric } from "../chaos/service-metrics.ts";
import {
  openSuperuser,
  openTestDatabase,
  type TestDatabase,
} from "../integration/open-database.ts";
import {
  type Claim,
  claimJobs,
  type TrainingProject,
  trainingProject,
} from "../integration/training-project.ts";
import { interleave, type Variant } from "./interleaved.ts";
import { HttpConnection } from "./http-connection.ts";
import { openLoop, type OpenLoopResult } from "./open-loop.ts";
import { cpuSeconds } from "./process-cpu.ts";
import type { WriterPlan, WriterResult } from "./heartbeat-writer.ts";
import { runChild } from "./run-child.ts";
import { percentile, renderRows, renderTable } from "./table.ts";

const JOBS = 120;
const WORLD_SIZE = 20;
const CLIENTS = 240;
const CLIENTS_EACH = 128;
const RATE = JOBS * WORLD_SIZE;
const SAMPLE_MS = 100;
const WARM_UP_SECONDS = 3;
const WINDOW_SECONDS = 5;

/** Heartbeats of 2,400 ranks: coalesced against one UPDATE each over the same gate, and through the whole service. */
export async function benchHeartbeats(rounds: number, windows: number): Promise<string> {
  const project = await trainingProject();
  const claims = await claimJobs(project, JOBS, WORLD_SIZE);
  return [
    await compare(project, claims, rounds),
    await together(project, claims, windows),
    await serve(project, claims, windows),
  ].join("\n");
}

async function idOf({ project }: TrainingProject): Promise<string> {
  await using superuser = openSuperuser();
  const [row] = await superuser<{ project_id: string }[]>`
    select project_id from auth.projects where name = ${project}`;
  return row!.project_id;
}

async function compare(
  project: TrainingProject,
  claims: readonly Claim[],
  rounds: number,
): Promise<string> {
  await using db = await openTestDatabase("training");
  const measured = await interleave(variantsOf(db, await idOf(project), claims), {
    rounds,
    iterations: 12_000,
    clients: CLIENTS,
  });
  return renderTable(`Heartbeats of ${RATE} ranks, ${CLIENTS} at a time, committed`, measured);
}

/** Two instances that flush beats of the same ranks at the same time. */
async function together(
  project: TrainingProject,
  claims: readonly Claim[],
  windows: number,
): Promise<string> {
  const file = new URL("heartbeat-writer.ts", import.meta.url);
  const plan: WriterPlan = {
    projectId: await idOf(project),
    claims,
    worldSize: WORLD_SIZE,
    clients: CLIENTS_EACH,
    seconds: WINDOW_SECONDS,
  };
  const rows: string[][] = [];
  for (let window = 0; window < windows; window += 1) {
    const both = await Promise.all([1, 2].map(() => runChild<WriterResult>(file, plan)));
    rows.push([
      ...both.map(({ rate }) => rate.toFixed(0)),
      Math.max(...both.map(({ p99 }) => p99)).toFixed(1),
      String(both.flatMap(({ failures }) => failures).length),
      String(both.reduce((sum, { count }) => sum + count, 0)),
    ]);
  }
  return renderRows(
    `Two instances, ${CLIENTS_EACH} callers each, the same ${RATE} ranks, windows of ${WINDOW_SECONDS} s`,
    ["one, beats/s", "the other", "p99 ms", "failed", "samples"],
    rows,
  );
}

function variantsOf(db: TestDatabase, projectId: string, claims: readonly Claim[]): Variant[] {
  const write = beatWriter(db, coalesceMeter(createRegistry("bench"), "heartbeat"));
  let beats = 0;
  const next = () => {
    const beat = (beats += 1) % RATE;
    const { id: jobId, fence } = claims[beat % JOBS]!;
    return { jobId, ...fence, rank: Math.floor(beat / JOBS), step: beats };
  };
  return [
    {
      name: "one UPDATE a heartbeat",
      run: async () => {
        const { jobId, attempt, token, rank, step } = next();
        const query = sql`
          update training.ranks as ranks set beat_at = now(), stepped_at = now(), step = ${step}::int8,
            progress = 0.5
          from training.training_jobs as job
          where job.project_id = ${projectId}::bigint and job.job_id = ${jobId}::uuid
            and job.attempt = ${attempt}::int and job.token = ${token}::uuid and job.status = 'running'
            and ranks.project_id = job.project_id and ranks.job_id = job.job_id and ranks.attempt = job.attempt
            and ranks.rank = ${rank}::int
          returning job.status, job.attempt, job.world_size, now()`;
        const rows = await db.run("bench.write_beat", query, { idempotent: true });
        if (rows.length !== 1) throw new Error("a heartbeat was not written");
      },
    },
    {
      name: "coalesced",
      run: async () => {
        const { step, ...address } = next();
        const beat = { step, progress: 0.5, message: null, highestRank: address.rank };
        const { isWritten } = await write(projectId, address, beat);
        if (!isWritten) throw new Error("a heartbeat was not written");
      },
    },
  ];
}

/** Every rank once a second, evenly spread, in windows: each tells what else the machine did meanwhile. */
async function serve(
  { project, key }: TrainingProject,
  claims: readonly Claim[],
  windows: number,
): Promise<string> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const { url } = readStack().services["training-manager"]!;
  const beats = Array.from({ length: RATE }, (_, beat) => {
    const { id, fence } = claims[beat % JOBS]!;
    const body = { ...fence, rank: Math.floor(beat / JOBS), step: beat, progress: 0.5 };
    const path = `/v1/projects/${project}/jobs/${id}/heartbeats`;
    return HttpConnection.render("POST", url + path, headers, JSON.stringify(body));
  });
  const load = (seconds: number) =>
    openLoop({ url, rate: RATE, seconds, request: (index) => beats[index % RATE]! });
  await load(WARM_UP_SECONDS);
  const rows: string[] = [];
  for (let window = 0; window < windows; window += 1) rows.push(await measure(load));
  return [
    `## Heartbeats over HTTP, ${RATE} a second, open loop, windows of ${WINDOW_SECONDS} s`,
    "",
    "| p50 ms | p95 ms | p99 ms | max ms | failed | statements/s | most server connections | cores: service | database, pooler | this bench | samples |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

async function measure(load: (seconds: number) => Promise<OpenLoopResult>): Promise<string> {
  const [sentBefore, cpuBefore] = [await statements(), cpu()];
  const sampling = sampleConnections();
  const { latencies, failed } = await load(WINDOW_SECONDS);
  const connections = await sampling.stop();
  const sent = (await statements()) - sentBefore;
  const cores = cpu().map((total, part) =>
    ((total - cpuBefore[part]!) / WINDOW_SECONDS).toFixed(2),
  );
  const times = [0.5, 0.95, 0.99, 1].map((share) => percentile(latencies, share).toFixed(1));
  const cells = [
    ...times,
    failed,
    Math.round(sent / WINDOW_SECONDS),
    connections,
    ...cores,
    latencies.length,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** CPU seconds so far: of the service; of PostgreSQL and PgBouncer; of this process. */
function cpu(): readonly number[] {
  const { services, postgres, pgbouncer } = readStack();
  return [
    cpuSeconds(services["training-manager"]!.pid),
    cpuSeconds(postgres.pid) + cpuSeconds(pgbouncer.pid),
    cpuSeconds(process.pid),
  ];
}

const statements = (): Promise<number> =>
  serviceMetric("training-manager", "coalesce_statements_total");

/** The most connections that the workload had to PostgreSQL at a time. */
function sampleConnections(): { stop(): Promise<number> } {
  const superuser = openSuperuser();
  let most = 0;
  let sample = Promise.resolve();
  const timer = setInterval(() => {
    sample = superuser<{ count: number }[]>`
      select count(*)::int4 as count from pg_stat_activity where usename = 'sluice_training'`.then(
      ([row]) => void (most = Math.max(most, row!.count)),
    );
  }, SAMPLE_MS);
  const stop = async (): Promise<number> => {
    clearInterval(timer);
    await sample;
    await superuser.end();
    return most;
  };
  return { stop };
}
