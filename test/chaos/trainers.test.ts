import { readStack } from "@sluice/testing";
import { expect, onTestFinished, test } from "vitest";
import { openSuperuser } from "../integration/open-database.ts";
import { type TrainingProject, trainingProject } from "../integration/training-project.ts";
import { until } from "../integration/until.ts";
import { randomFaults } from "../trainers/faults.ts";
import { Fleet } from "../trainers/fleet.ts";

const JOBS = 24;
const WORLD_SIZE = 4;
const TERMINAL = new Set(["succeeded", "failed", "cancelled"]);
const PARTS = ["training-manager", "training-worker", "redis", "pgbouncer", "postgres"] as const;

function pidOf(part: (typeof PARTS)[number]): number {
  const stack = readStack();
  if (part === "redis" || part === "pgbouncer" || part === "postgres") return stack[part].pid;
  return stack.services[part]!.pid;
}

async function killAndAwait(part: (typeof PARTS)[number]): Promise<void> {
  const pid = pidOf(part);
  process.kill(pid, "SIGKILL");
  await until(`${part} has a new process`, () => pidOf(part) !== pid, 30_000);
}

interface LogRow {
  readonly job_id: string;
  readonly sequence: number;
  readonly attempt: number;
  readonly from_status: string | null;
  readonly to_status: string;
  readonly reason: string;
}

async function logOf(project: TrainingProject): Promise<Map<string, LogRow[]>> {
  await using superuser = openSuperuser();
  const rows = await superuser<LogRow[]>`
    select log.job_id, log.sequence, log.attempt, log.from_status, log.to_status, log.reason
    from training.transitions as log join auth.projects as project using (project_id)
    where project.name = ${project.project} order by log.job_id, log.sequence`;
  return Map.groupBy(rows, ({ job_id }) => job_id);
}

async function ended(project: TrainingProject): Promise<boolean> {
  const { items } = (await project.send("GET", `/jobs?limit=${JOBS}`)).json();
  return items.every(({ status }) => TERMINAL.has(status));
}

test("jobs whose trainers crash, stall and fail while every part is killed in turn all end, by legal steps, and as their trainers were told", async () => {
  const project = await trainingProject();
  for (let job = 0; job < JOBS; job += 1)
    await project.createJob({
      world_size: WORLD_SIZE,
      max_attempts: 20,
      heartbeat_timeout_seconds: 3,
      retry_policy: { initial_delay_seconds: 0.5, factor: 1, jitter: 0.5 },
    });
  const fleet = new Fleet({
    origin: () => readStack().services["training-manager"]!.url,
    key: project.key,
    project: project.project,
    trainers: 8,
    pace: { steps: 12, beatEveryMs: 100, together: false, duplicates: 0.1 },
    faults: randomFaults(0.4, 1),
  }).start();
  onTestFinished(() => fleet.stop());
  await until("they work", () => fleet.tally.beats > 200, 30_000);
  for (const part of PARTS) await killAndAwait(part);
  await until("all jobs have ended", () => ended(project).catch(() => false), 150_000);
  await fleet.stop();

  const log = await logOf(project);
  expect(log.size).toBe(JOBS);
  for (const rows of log.values()) {
    expect(rows.map(({ sequence }) => sequence)).toEqual(rows.map((_, index) => index + 1));
    expect(rows.map(({ from_status }) => from_status)).toEqual([
      null,
      ...rows.slice(0, -1).map(({ to_status }) => to_status),
    ]);
    // One claim for each attempt, and one retry between two.
    const claims = rows.filter(({ reason }) => reason === "claimed").map(({ attempt }) => attempt);
    expect(claims).toEqual(claims.map((_, index) => index + 1));
    const retries = rows.filter(({ reason }) => reason === "retry_due");
    expect(retries).toHaveLength(claims.length - 1);
  }
  // What a trainer was told to be accepted is what the log says of its attempt.
  const accepted = fleet.worked.filter(({ end }) => end === "succeeded" || end === "failed");
  expect(accepted.length).toBeGreaterThan(0);
  for (const { job, attempt, end } of accepted) {
    const ends = log.get(job)!.filter((row) => row.attempt === attempt && row.reason === end);
    expect([job, attempt, ends.length]).toEqual([job, attempt, 1]);
  }
});
