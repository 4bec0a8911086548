// Workers of a training platform without Sluice: reads a SqlPlan as JSON from standard input, writes an Outcome.
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { percentile } from "../table.ts";
import { hashOf } from "./hash-of.ts";
import { openConnections } from "./connections.ts";
import { BATCH, BATCH_EVERY_S, BEAT_EVERY_S, type Outcome, type SqlPlan, WORKERS } from "./plan.ts";

/** How long answers may take after the last task was begun. */
const DRAIN_MS = 5_000;

const COLUMNS = "sample_id, label, created_at";
const ONE = "select * from replay.samples_before where dataset_id = 1 and feature_hash = $1";
const MANY = `select ${COLUMNS} from replay.samples_cured where dataset_id = 1 and feature_hash = any($1)`;
const BEAT = "update replay.training_jobs set status = 'running', updated_at = now() where id = $1";

async function work(plan: SqlPlan): Promise<Outcome> {
  const connections = openConnections(plan.style, plan.url, plan.jobs);
  const workers = plan.jobs * WORKERS;
  const latencies: number[] = [];
  const lags: number[] = [];
  let [tasks, done] = [0, 0];
  const cpu = process.cpuUsage();
  const start = performance.now();

  /** Tasks evenly spaced, whatever they take: worker after worker. */
  const offer = async (
    everySeconds: number,
    task: (worker: number, client: pg.ClientBase) => Promise<void>,
    note: (tookMs: number) => void,
  ): Promise<void> => {
    const rate = workers / everySeconds;
    for (let index = 0; index < rate * plan.seconds; index += 1) {
      const due = start + (index * 1_000) / rate;
      const early = due - performance.now();
      if (early > 0) await sleep(early);
      lags.push(performance.now() - due);
      tasks += 1;
      const worker = index % workers;
      connections
        .use(worker, (client) => task(worker, client))
        .then(
          () => ((done += 1), note(performance.now() - due)),
          () => undefined, // it counts as failed: begun and not done
        );
    }
  };
  await Promise.all([
    offer(
      BATCH_EVERY_S,
      (_worker, client) => readBatch(plan, client),
      (ms) => latencies.push(ms),
    ),
    offer(
      BEAT_EVERY_S,
      (worker, client) => beat(worker, client),
      () => undefined,
    ),
  ]);
  const end = performance.now() + DRAIN_MS;
  const { user, system } = process.cpuUsage(cpu);
  const generatorCpu = (user + system) / 1_000 / (performance.now() - start);
  while (done < tasks && performance.now() < end) await sleep(20);
  const { waits } = connections;
  return {
    tasks,
    failed: tasks - done,
    batches: {
      count: latencies.length,
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
      max: percentile(latencies, 1),
    },
    waits: {
      mean: waits.reduce((sum, wait) => sum + wait, 0) / waits.length,
      p50: percentile(waits, 0.5),
      p99: percentile(waits, 0.99),
      p999: percentile(waits, 0.999),
    },
    generatorCpu,
    lagP99: percentile(lags, 0.99),
  };
}

async function readBatch({ style, samples }: SqlPlan, client: pg.ClientBase): Promise<void> {
  const hashes = Array.from({ length: BATCH }, () => hashOf(Math.floor(Math.random() * samples)));
  if (style === "pooled") await client.query(MANY, [hashes]);
  else for (const hash of hashes) await client.query(ONE, [hash]);
}

async function beat(worker: number, client: pg.ClientBase): Promise<void> {
  await client.query(BEAT, [Math.floor(worker / WORKERS)]);
}

const outcome = await work((await json(process.stdin)) as SqlPlan);
process.stdout.write(JSON.stringify(outcome), () => process.exit(0));
