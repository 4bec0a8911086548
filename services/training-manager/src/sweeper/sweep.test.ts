import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { claimJob } from "../claims/claim.ts";
import { createJob, type JobRequest } from "../jobs/create-job.ts";
import { getJob } from "../jobs/get-job.ts";
import type { JobRow } from "../jobs/job.ts";
import { cancelJob } from "../jobs/orders.ts";
import { jobRequest, openScratchTraining, type ScratchTraining } from "../scratch-training.ts";
import { move } from "../transitions/move.ts";
import { anyAttempt } from "../transitions/queries.ts";
import { keepWatch, listLost, stillSilent } from "./queries.ts";
import { endLostAttempts, flagHungJobs, forgetKeys, requeueForgotten } from "./sweep.ts";

const HANG_SECONDS = 600;

let scratch: ScratchTraining;
let projectId: string;
let lost = 0;
const meter = { lost: () => (lost += 1) };

beforeAll(async () => {
  scratch = await openScratchTraining(2);
  projectId = scratch.projects[0]!;
}, 60_000);

afterAll(() => scratch.stop());

beforeEach(async () => {
  lost = 0;
  await scratch.superuser`delete from training.ranks`;
  await scratch.superuser`truncate training.training_jobs, training.outbox, training.webhooks cascade`;
  await listenFor(3_600);
});

/** Pretends that heartbeats could be taken for so long, up to `ago` seconds before now. */
async function listenFor(seconds: number, ago = 0): Promise<void> {
  await scratch.superuser`
    update training.watch set sweeper = null, sweeper_until = now(),
      listening_since = now() - make_interval(secs => ${seconds}), listening_at = now() - make_interval(secs => ${ago})`;
}

/** A job that runs; time-out 15 s, 2 ranks. */
async function runningJob(members: Partial<JobRequest> = {}): Promise<string> {
  await createJob(scratch, projectId, jobRequest(members), undefined);
  const scope = { tenantId: scratch.tenantId, projectId, queues: undefined, claimedBy: null };
  return (await claimJob(scratch, scope))!.job.job_id;
}

/** Pretends that a rank beat last so many seconds ago; null = it started then and has never beaten. */
async function heard(jobId: string, rank: number, ago: number, hasBeaten = true): Promise<void> {
  await scratch.superuser`
    update training.ranks set started_at = now() - make_interval(secs => ${ago}),
      beat_at = case when ${hasBeaten} then now() - make_interval(secs => ${ago}) end
    where job_id = ${jobId} and rank = ${rank}`;
}

/** Pretends that a rank beats, and that its step moved last so many seconds ago. */
async function stepped(jobId: string, rank: number, ago: number): Promise<void> {
  await scratch.superuser`
    update training.ranks set step = 7, beat_at = now(), stepped_at = now() - make_interval(secs => ${ago})
    where job_id = ${jobId} and rank = ${rank}`;
}

const job = (jobId: string): Promise<JobRow> => getJob(scratch.db, projectId, jobId);

test("a rank that is silent for time-out and slack costs the job its attempt, and no other job", async () => {
  const [silent, alive] = [await runningJob({ maxAttempts: 2 }), await runningJob()];
  for (const jobId of [silent, alive]) for (const rank of [0, 1]) await heard(jobId, rank, 1);
  await heard(silent, 1, 18.5);
  await heard(alive, 1, 17);
  await endLostAttempts(scratch, meter);
  expect(await job(silent)).toMatchObject({
    status: "retrying",
    reason: "lost",
    message: expect.stringMatching(/^rank 1 sent no heartbeat for (18|19) s$/) as unknown,
  });
  expect((await job(alive)).status).toBe("running");
  expect(lost).toBe(1);
});

test("a job without attempts left has failed, and one that was being cancelled is", async () => {
  const [last, cancelled] = [await runningJob(), await runningJob()];
  await cancelJob(scratch, projectId, cancelled);
  for (const jobId of [last, cancelled]) await heard(jobId, 0, 60);
  await endLostAttempts(scratch, meter);
  expect(await job(last)).toMatchObject({ status: "failed", reason: "lost" });
  expect(await job(cancelled)).toMatchObject({ status: "cancelled", reason: "lost" });
});

test("silence counts from when somebody could have heard", async () => {
  const jobId = await runningJob();
  await heard(jobId, 0, 3_000);
  await listenFor(17);
  await endLostAttempts(scratch, meter);
  expect((await job(jobId)).status).toBe("running");
  await listenFor(18.5);
  await endLostAttempts(scratch, meter);
  expect((await job(jobId)).status).toBe("failed");
});

test("nobody is lost while it is not known that somebody listens", async () => {
  const jobId = await runningJob();
  await heard(jobId, 0, 3_000);
  await listenFor(3_600, 4);
  expect(await listLost(scratch.db)).toEqual([]);
  // The first to notice begins anew.
  await keepWatch(scratch.db, "a");
  expect(await listLost(scratch.db)).toEqual([]);
});

test("a claim that nobody follows up is lost after the plain time-out", async () => {
  const [early, late] = [await runningJob(), await runningJob()];
  for (const rank of [0, 1]) await heard(early, rank, 18.5, false);
  for (const rank of [0, 1]) await heard(late, rank, 17, false);
  await endLostAttempts(scratch, meter);
  expect(await job(early)).toMatchObject({
    status: "failed",
    message: expect.stringMatching(
      /^rank [01] has sent no heartbeat since the claim, for/,
    ) as unknown,
  });
  expect((await job(late)).status).toBe("running");
});

test.each([
  { timeout: 15, startsWithin: 60 },
  { timeout: 30, startsWithin: 120 },
])(
  "with a time-out of $timeout s a rank may start $startsWithin s after the others",
  async ({ timeout, startsWithin }) => {
    const jobId = await runningJob({ heartbeatTimeoutSeconds: timeout });
    await heard(jobId, 0, 1);
    await heard(jobId, 1, startsWithin + 2, false);
    await endLostAttempts(scratch, meter);
    expect((await job(jobId)).status).toBe("running");
    await heard(jobId, 1, startsWithin + 4, false);
    await endLostAttempts(scratch, meter);
    expect((await job(jobId)).status).toBe("failed");
  },
);

test("a rank that is heard between the look and the verdict is not lost", async () => {
  const jobId = await runningJob();
  await heard(jobId, 0, 60);
  const [found] = await listLost(scratch.db);
  await heard(jobId, 0, 0);
  const chosen = stillSilent(found!);
  expect(await move(scratch, { projectId, event: "lose", chosen })).toBeUndefined();
  expect((await job(jobId)).status).toBe("running");
});

test("a job whose steps all stand still is flagged once, webhooks are told, and a step clears it", async () => {
  await scratch.superuser`
    insert into training.webhooks (project_id, name, url, events, secret) values
      (${projectId}, 'wants', 'https://example.com', '{hung,failed}', 's'),
      (${projectId}, 'other', 'https://example.com', '{failed}', 's')`;
  const [hung, half, silent] = [await runningJob(), await runningJob(), await runningJob()];
  for (const rank of [0, 1]) await stepped(hung, rank, HANG_SECONDS - 5 + 10 * rank);
  await stepped(half, 0, HANG_SECONDS * 2);
  await stepped(half, 1, 5);
  await heard(silent, 0, 1); // tells no steps
  expect(await flagHungJobs(scratch, HANG_SECONDS)).toBe(0);
  for (const rank of [0, 1]) await stepped(hung, rank, HANG_SECONDS + 2 + rank);
  expect(await flagHungJobs(scratch, HANG_SECONDS)).toBe(1);
  expect(await flagHungJobs(scratch, HANG_SECONDS)).toBe(1);
  const flagged = await job(hung);
  expect(flagged.status).toBe("running");
  expect(flagged.hung_since).not.toBeNull();
  for (const jobId of [half, silent]) expect((await job(jobId)).hung_since).toBeNull();
  const outbox = await scratch.superuser`select kind, job_id, payload from training.outbox`;
  expect([...outbox]).toEqual([
    {
      kind: "webhook",
      job_id: hung,
      payload: expect.objectContaining({ webhook: "wants", event: "hung", attempt: 1 }) as unknown,
    },
  ]);
  await stepped(hung, 1, 0);
  expect(await flagHungJobs(scratch, HANG_SECONDS)).toBe(0);
  expect((await job(hung)).hung_since).toBeNull();
});

test("steps that could not be told because nobody listened do not stand still", async () => {
  const jobId = await runningJob();
  await stepped(jobId, 0, HANG_SECONDS * 2);
  await listenFor(HANG_SECONDS - 5);
  expect(await flagHungJobs(scratch, HANG_SECONDS)).toBe(0);
});

test("a job whose pause is long over becomes pending without the queue", async () => {
  const jobIds = [await runningJob({ maxAttempts: 2 }), await runningJob({ maxAttempts: 2 })];
  for (const [index, jobId] of jobIds.entries()) {
    await move(scratch, { projectId, event: "fail", chosen: anyAttempt(projectId, jobId) });
    await scratch.superuser`
      update training.training_jobs set retry_at = now() - make_interval(secs => ${index === 0 ? 11 : 9})
      where job_id = ${jobId}`;
  }
  await requeueForgotten(scratch);
  expect(await job(jobIds[0]!)).toMatchObject({ status: "pending", reason: "retry_due" });
  expect((await job(jobIds[1]!)).status).toBe("retrying");
});

test("idempotency keys are forgotten after 24 hours, in every project", async () => {
  const { superuser, projects } = scratch;
  for (const project of projects) {
    await superuser`
      insert into training.idempotency_keys (project_id, key, job_id, request_sha256, created_at)
      select ${project}::bigint, 'old-' || i, gen_random_uuid(), ''::bytea, now() - interval '25 hours' from generate_series(1, 1500) i
      union all select ${project}::bigint, 'young', gen_random_uuid(), ''::bytea, now() - interval '23 hours'`;
  }
  await forgetKeys(scratch);
  const left = await superuser`select project_id, key from training.idempotency_keys order by 1`;
  expect([...left]).toEqual(projects.map((project_id) => ({ project_id, key: "young" })));
});

test("one of several watches, and another takes over when its lease is out", async () => {
  const { db, superuser } = scratch;
  const names = ["a", "b", "c"];
  const elected = await Promise.all(names.map((name) => keepWatch(db, name)));
  expect(elected.filter(Boolean)).toHaveLength(1);
  const first = names[elected.indexOf(true)]!;
  const other = names[(elected.indexOf(true) + 1) % 3]!;
  expect(await keepWatch(db, first)).toBe(true);
  expect(await keepWatch(db, other)).toBe(false);
  await superuser`update training.watch set sweeper_until = now() - interval '1 ms'`;
  expect(await keepWatch(db, other)).toBe(true);
  expect(await keepWatch(db, first)).toBe(false);
});

test("listening goes on over short gaps and begins anew after long ones", async () => {
  const { db, superuser } = scratch;
  const since = async (): Promise<number> => {
    const [row] = await superuser<{ seconds: number }[]>`
      select extract(epoch from now() - listening_since)::float8 as seconds from training.watch`;
    return row!.seconds;
  };
  await listenFor(3_600, 2);
  await keepWatch(db, "a");
  expect(await since()).toBeGreaterThanOrEqual(3_600);
  await listenFor(3_600, 3.1);
  await keepWatch(db, "a");
  expect(await since()).toBeLessThan(3_000);
});
