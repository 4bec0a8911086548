import { createRegistry } from "@sluice/telemetry";
import { coalesceMeter } from "@sluice/coalesce";
import { type BeatOutcome, beatWriter } from "@sluice/training-manager/beat-writer";
import { beforeAll, expect, test } from "vitest";
import { openSuperuser, openTestDatabase } from "./open-database.ts";
import { type Claim, type TrainingProject, trainingProject } from "./training-project.ts";

const JOBS = 6;
const WORLD_SIZE = 20;
const ROUNDS = 60;

let project: TrainingProject;

beforeAll(async () => {
  project = await trainingProject();
});

async function claims(): Promise<Claim[]> {
  const claimed: Claim[] = [];
  for (let job = 0; job < JOBS; job += 1) {
    await project.createJob({ world_size: WORLD_SIZE, heartbeat_timeout_seconds: 600 });
    claimed.push(await project.claim());
  }
  return claimed;
}

/** The parts of two instances of the service that write heartbeats. */
async function openInstances() {
  const databases = [await openTestDatabase("training"), await openTestDatabase("training")];
  const writers = databases.map((db, index) =>
    beatWriter(db, coalesceMeter(createRegistry(`instance-${index}`), "heartbeat")),
  );
  const close = async (): Promise<void> => {
    for (const db of databases) await db.close();
  };
  return { writers, [Symbol.asyncDispose]: close };
}

/** Deadlocks that PostgreSQL has broken so far. A statement that fell victim to one is repeated, so that no caller tells. */
async function deadlocks(superuser: ReturnType<typeof openSuperuser>): Promise<number> {
  // The statistics of a session are sent when it ends or idles; a connection's own are read fresh.
  const [row] = await superuser<{ deadlocks: number }[]>`
    select deadlocks::int4 from pg_stat_database where datname = current_database()`;
  return row!.deadlocks;
}

test("two instances write beats of the same ranks at the same time: nobody deadlocks, the last written stays", async () => {
  await using superuser = openSuperuser();
  await using instances = await openInstances();
  const [row] = await superuser<{ project_id: string }[]>`
    select project_id from auth.projects where name = ${project.project}`;
  const projectId = row!.project_id;
  const claimed = await claims();
  const before = await deadlocks(superuser);

  /** Every rank of every job beats at each instance, in an order of its own. */
  const round = (step: number): Promise<BeatOutcome>[] =>
    instances.writers.flatMap((write, instance) =>
      shuffled(
        claimed.flatMap(({ id: jobId, fence }) =>
          Array.from({ length: WORLD_SIZE }, (_, rank) => ({ jobId, ...fence, rank })),
        ),
      ).map((address) =>
        write(projectId, address, {
          step: 2 * step + instance,
          progress: null,
          message: `from ${instance}`,
          highestRank: WORLD_SIZE - 1,
        }),
      ),
    );
  for (let step = 0; step < ROUNDS; step += 1) {
    const outcomes = await Promise.all(round(step));
    expect(outcomes.every(({ isWritten }) => isWritten)).toBe(true);
  }
  const rows = await superuser<{ step: string; message: string }[]>`
    select step, message from training.ranks where project_id = ${projectId}`;
  expect(rows).toHaveLength(JOBS * WORLD_SIZE);
  for (const { step, message } of rows) {
    expect(Number(step)).toBeGreaterThanOrEqual(2 * (ROUNDS - 1));
    expect(message).toBe(`from ${Number(step) % 2}`);
  }
  expect(await deadlocks(superuser)).toBe(before);
});

test("attempts end while their ranks beat: each beat is taken, or told of the end", async () => {
  await using superuser = openSuperuser();
  const before = await deadlocks(superuser);
  for (let round = 0; round < 5; round += 1) {
    const claimed = await claims();
    const codes = new Set<string>();
    let ended = false;
    const beating = claimed.flatMap(({ id, fence }) =>
      Array.from({ length: 4 }, async () => {
        while (!ended) {
          const beats = shuffled(Array.from({ length: WORLD_SIZE }, (_, rank) => ({ rank })));
          const answer = await project.send("POST", `/jobs/${id}/heartbeats`, { ...fence, beats });
          codes.add(answer.status === 200 ? "taken" : answer.json().code);
        }
      }),
    );
    const reports = claimed.map(({ id, fence }) =>
      project.send("PUT", `/jobs/${id}/status`, { ...fence, status: "succeeded" }),
    );
    const statuses = (await Promise.all(reports)).map(({ status }) => status);
    expect(statuses).toEqual(claimed.map(() => 200));
    ended = true;
    await Promise.all(beating);
    for (const code of codes) expect(["taken", "INVALID_STATE_TRANSITION"]).toContain(code);
  }
  expect(await deadlocks(superuser)).toBe(before);
});

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
