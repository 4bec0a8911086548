import { readStack } from "@sluice/testing";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { openSuperuser } from "../integration/open-database.ts";
import { type TrainingProject, trainingProject } from "../integration/training-project.ts";
import { until } from "../integration/until.ts";
import { startReceiver } from "../integration/webhook-receiver.ts";

const JOBS = 30;
const ATTEMPTS = 4;
const EVENTS = ["pending", "running", "retrying", "failed"];

const JOB = {
  max_attempts: ATTEMPTS,
  retry_policy: { initial_delay_seconds: 1, factor: 1, max_delay_seconds: 1, jitter: 0.5 },
  // Nothing beats here, and nothing is to be taken for lost.
  heartbeat_timeout_seconds: 600,
};

async function flushRedis(): Promise<void> {
  const redis = new Redis(readStack().redis.url);
  await redis.flushall();
  redis.disconnect();
}

async function killRedis(): Promise<void> {
  const { pid } = readStack().redis;
  process.kill(pid, "SIGKILL");
  await until("Redis has a new process", () => readStack().redis.pid !== pid, 30_000);
}

async function killWorker(): Promise<void> {
  const pidNow = (): number => readStack().services["training-worker"]!.pid;
  const pid = pidNow();
  process.kill(pid, "SIGKILL");
  await until("the worker has a new process", () => pidNow() !== pid, 30_000);
}

const FAULTS: readonly (readonly [name: string, strikes: readonly (() => Promise<void>)[]])[] = [
  ["Redis forgets everything", [flushRedis, flushRedis, flushRedis]],
  ["Redis is killed", [killRedis, killRedis, killRedis]],
  ["the worker is killed", [killWorker, killWorker, killWorker]],
  ["all of it", [killWorker, flushRedis, killRedis]],
];

test.each(FAULTS)(
  "%s: no retry is lost and none is made twice, and every event is told",
  async (_name, strikes) => {
    const own = await trainingProject();
    const receiver = await startReceiver((n) => (n % 5 === 0 ? 503 : 204));
    const secret = "a secret of the tests";
    await own.send("PUT", "/webhooks/w", { url: receiver.url, events: EVENTS, secret });
    const ids = await Promise.all(
      Array.from({ length: JOBS }, async () => (await own.createJob(JOB)).id),
    );
    const waiting = [...strikes];
    let failures = 0;
    await until(
      "every job has used its attempts up",
      async () => {
        if (await failOne(own)) failures += 1;
        // Spread over the run, and begun while retries and webhooks are on their way.
        const next = (strikes.length - waiting.length + 1) * JOBS;
        if (failures > next && waiting.length > 0) await waiting.shift()!();
        return failures === JOBS * ATTEMPTS;
      },
      150_000,
    );
    expect(waiting).toEqual([]);
    const told = () => ids.flatMap((id) => receiver.distinct(id).map(({ event }) => event["to"]));
    const history = [
      "pending",
      ...Array.from({ length: ATTEMPTS - 1 }, () => ["running", "retrying", "pending"]).flat(),
      "running",
      "failed",
    ];
    await until("all is told", () => told().length === JOBS * history.length, 60_000);
    expect(told()).toEqual(ids.flatMap(() => history));
    await until("nothing is left to do", async () => (await outboxRows(ids)) === 0, 60_000);
    expect(await transitions(ids)).toEqual(ids.map(() => history.join(" ")));
    expect((await own.send("GET", "/dead-letters")).json().items).toEqual([]);
  },
);

/** Claims a job and reports that it failed. @returns whether there was one */
async function failOne(own: TrainingProject): Promise<boolean> {
  const claim = await own.send("POST", "/jobs:claim", {});
  if (claim.status === 204) return false;
  const { job, attempt, token } = claim.json();
  const report = { attempt, token, status: "failed" };
  const { status, text } = await own.send("PUT", `/jobs/${job.id}/status`, report);
  expect({ status, text }).toMatchObject({ status: 200 });
  return true;
}

async function outboxRows(ids: readonly string[]): Promise<number> {
  await using superuser = openSuperuser();
  const [row] = await superuser<{ rows: number }[]>`
    select count(*)::int4 as rows from training.outbox where job_id = any(${ids}::uuid[])`;
  return row!.rows;
}

/** The states that each job went through. */
async function transitions(ids: readonly string[]): Promise<string[]> {
  await using superuser = openSuperuser();
  const rows = await superuser<{ job_id: string; states: string }[]>`
    select job_id, string_agg(to_status, ' ' order by sequence) as states
    from training.transitions where job_id = any(${ids}::uuid[]) group by job_id`;
  const byId = new Map(rows.map(({ job_id, states }) => [job_id, states]));
  return ids.map((id) => byId.get(id) ?? "");
}
