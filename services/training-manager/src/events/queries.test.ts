import { randomUUID } from "node:crypto";
import { createLogger } from "@sluice/telemetry";
import { explain, openScratchDatabase, readsOf, type ScratchDatabase } from "@sluice/testing";
import postgres from "postgres";
import { Registry } from "prom-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hintOf } from "../hints/hint.ts";
import { Hints } from "../hints/hints.ts";
import { insertJob, type NewJob } from "../jobs/queries.ts";
import { anyAttempt, moveJob } from "../transitions/queries.ts";
import type { JobEvent } from "../transitions/state-machine.ts";
import { Followers } from "./followers.ts";
import { findContinuations, listTransitions, type Transition } from "./queries.ts";
import { logReader } from "./read-log.ts";
import { transitionStream } from "./transition-stream.ts";

const JOBS = 25_000;
const TRANSITIONS_EACH = 4;

let scratch: ScratchDatabase;
let superuser: postgres.Sql;
let projectId: string;
let someJobs: string[];

beforeAll(async () => {
  scratch = await openScratchDatabase("training");
  superuser = postgres(scratch.superuserUrl, { max: 1 });
  await superuser`insert into auth.tenants (name) values ('t')`;
  const [project] = await superuser`
    insert into auth.projects (tenant_id, name) select tenant_id, 'p' from auth.tenants returning project_id`;
  projectId = String(project!["project_id"]);
  await superuser`
    with jobs as (
      insert into training.training_jobs (
        project_id, job_id, max_attempts, world_size, heartbeat_timeout_seconds, retry_initial_delay_seconds,
        retry_factor, retry_max_delay_seconds, retry_jitter, priority, status, sequence, queue, name, labels, spec
      )
      select ${projectId}::bigint, gen_random_uuid(), 1, 1, 15, 5, 2, 300, 0.2, 50, 'running', ${TRANSITIONS_EACH},
        'q', 'job', '{}', '{}'
      from generate_series(1, ${JOBS})
      returning project_id, job_id
    )
    insert into training.transitions (project_id, job_id, sequence, attempt, to_status, reason)
    select project_id, job_id, sequence, 1, 'running', 'r' from jobs, generate_series(1, ${TRANSITIONS_EACH}) as sequence`;
  await superuser`vacuum analyze training.training_jobs, training.transitions`;
  const rows = await superuser`select job_id from training.training_jobs limit 200`;
  someJobs = rows.map((row) => String(row["job_id"]));
}, 60_000);

afterAll(async () => {
  await superuser.end();
  await scratch.stop();
});

test.each([1, 200])(
  "what follows %i positions among 100,000 transitions is found by both keys",
  async (count) => {
    const positions = someJobs.slice(0, count).map((jobId) => ({ projectId, jobId, after: 3 }));
    const nodes = await explain(scratch, superuser, (db) => findContinuations(db, positions, {}));
    expect(readsOf(nodes, "training_jobs")).toEqual([["training_jobs_pkey", count]]);
    expect(readsOf(nodes, "transitions")).toEqual([["transitions_pkey", count]]);
  },
);

test("a page of the log reads its rows and no more", async () => {
  const nodes = await explain(scratch, superuser, (db) =>
    listTransitions(db, projectId, someJobs[0]!, { after: "1", rows: 2 }),
  );
  expect(readsOf(nodes, "transitions")).toEqual([["transitions_pkey", 2]]);
});

const NEW_JOB: Omit<NewJob, "jobId"> = {
  name: "job",
  queue: "default",
  priority: 50,
  worldSize: 1,
  maxAttempts: 100,
  heartbeatTimeoutSeconds: 15,
  retryPolicy: { initial_delay_seconds: 0, factor: 1, max_delay_seconds: 0, jitter: 0 },
  labels: {},
  spec: "{}",
  retryOf: null,
};

test("20 writers of one job, three streams: each has every transition once and in order", async () => {
  const { db } = scratch;
  const jobId = randomUUID();
  const registry = new Registry();
  const hints = new Hints({ logger: createLogger({ service: "test", level: "silent" }), registry });
  const followers = new Followers(registry);
  hints.listen(followers);
  await insertJob(db, projectId, { ...NEW_JOB, jobId }, undefined);
  const readLog = logReader(db);
  const follow = async (after: number): Promise<number[]> => {
    const follower = followers.follow(jobId, after);
    const { signal } = new AbortController();
    const readOn = async () =>
      (await readLog({ projectId, jobId, after: follower.after }, signal))!;
    let text = "";
    for await (const part of transitionStream(await readOn(), follower, readOn)) text += part;
    followers.leave(follower);
    const events = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!));
    return events.map(({ sequence }: Transition) => sequence);
  };
  const streams = [follow(0), follow(0), follow(7)];
  const events: JobEvent[] = ["claim", "fail", "requeue"];
  let hasEnded = false;
  const writer = async (index: number): Promise<void> => {
    for (let round = index; !hasEnded; round++) {
      const chosen = anyAttempt(projectId, jobId);
      const event = events[round % events.length]!;
      const moved = await moveJob(db, { projectId, event, chosen, token: randomUUID() });
      if (moved === undefined) continue;
      hints.give(hintOf(projectId, moved));
      hasEnded ||= moved.status === "failed";
    }
  };
  await Promise.all(Array.from({ length: 20 }, (_, index) => writer(index)));
  // Created; a hundred attempts, each claimed and failed; a pause ended before each but the first.
  const all = Array.from({ length: 1 + 100 * 2 + 99 }, (_, index) => index + 1);
  expect(await Promise.all(streams)).toEqual([all, all, all.slice(7)]);
  hints.close();
}, 60_000);
