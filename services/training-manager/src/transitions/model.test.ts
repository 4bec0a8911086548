import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { reportStatus } from "../attempts/report-status.ts";
import { claimJob } from "../claims/claim.ts";
import { createJob } from "../jobs/create-job.ts";
import { getJob } from "../jobs/get-job.ts";
import { cancelJob } from "../jobs/orders.ts";
import { jobRequest, openScratchTraining, type ScratchTraining } from "../scratch-training.ts";
import { move } from "./move.ts";
import { anyAttempt, fenced } from "./queries.ts";

let scratch: ScratchTraining;
let projectId: string;

beforeAll(async () => {
  scratch = await openScratchTraining();
  projectId = scratch.projects[0]!;
}, 60_000);

afterAll(() => scratch.stop());

/** What the job should be, said without the product's table. */
class Model {
  status = "pending";
  attempt = 0;
  readonly maxAttempts: number;
  readonly log: [string | null, string][] = [[null, "pending"]];
  constructor(maxAttempts: number) {
    this.maxAttempts = maxAttempts;
  }

  go(to: string): "done" {
    this.log.push([this.status, to]);
    this.status = to;
    return "done";
  }

  /** What the caller should be told: done, done before, or the code of the refusal. */
  apply(action: Action, isCurrent: boolean, ownOutcome: string | undefined): string {
    if (action === "claim") {
      if (this.status !== "pending") return "nothing";
      this.attempt += 1;
      return this.go("running");
    }
    if (action === "cancel") {
      if (this.status === "pending" || this.status === "retrying") return this.go("cancelled");
      if (this.status === "running") return this.go("cancelling");
      return this.status.startsWith("cancel") ? "repeated" : "INVALID_STATE_TRANSITION";
    }
    if (action === "requeue") return this.status === "retrying" ? this.go("pending") : "nothing";
    if (action === "lose") return this.lose(isCurrent);
    return this.report(action, isCurrent, ownOutcome);
  }

  lose(isCurrent: boolean): string {
    if (!isCurrent) return "nothing";
    if (this.status === "cancelling") return this.go("cancelled");
    if (this.status !== "running") return "nothing";
    return this.go(this.attempt < this.maxAttempts ? "retrying" : "failed");
  }

  report(action: string, isCurrent: boolean, ownOutcome: string | undefined): string {
    if (ownOutcome === action) return "repeated";
    const isOver = ["succeeded", "failed", "cancelled"].includes(this.status);
    if (!isCurrent || (ownOutcome !== undefined && !isOver)) return "STALE_ATTEMPT";
    if (this.status === "running") {
      if (action === "failed")
        return this.go(this.attempt < this.maxAttempts ? "retrying" : "failed");
      return this.go(action);
    }
    if (this.status === "cancelling" && action === "cancelled") return this.go("cancelled");
    return "INVALID_STATE_TRANSITION";
  }
}

const ACTIONS = ["claim", "cancel", "requeue", "lose", "succeeded", "failed", "cancelled"] as const;
type Action = (typeof ACTIONS)[number];

interface Attempt {
  readonly attempt: number;
  readonly token: string;
  outcome: string | undefined;
}

/** An action, and by which of the attempts so far it is done: 0 the newest, 1 the one before … */
const STEP = fc.record({ action: fc.constantFrom(...ACTIONS), age: fc.nat({ max: 2 }) });

async function codeOr(work: Promise<unknown>): Promise<string> {
  try {
    return (await work) === undefined ? "nothing" : "ok";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

test("whatever is done in whatever order, the job is where the reference machine is, and so is its log", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.array(STEP, { maxLength: 12 }),
      async (maxAttempts, steps) => {
        const { job_id: jobId } = await createJob(
          scratch,
          projectId,
          jobRequest({ maxAttempts }),
          undefined,
        );
        const model = new Model(maxAttempts);
        const attempts: Attempt[] = [];
        for (const { action, age } of steps) {
          const own = attempts.at(-1 - age);
          if (own === undefined && !["claim", "cancel", "requeue"].includes(action)) continue;
          const wanted = model.apply(action, own?.attempt === model.attempt, own?.outcome);
          const got = await perform(jobId, action, own, attempts);
          expect([action, got]).toEqual([
            action,
            wanted === "done" || wanted === "repeated" ? "ok" : wanted,
          ]);
          if (
            wanted === "done" &&
            own !== undefined &&
            !["claim", "cancel", "requeue"].includes(action)
          )
            own.outcome = action;
          expect((await getJob(scratch.db, projectId, jobId)).status).toBe(model.status);
        }
        expect(await logOf(jobId)).toEqual(model.log);
        await abandon(jobId);
      },
    ),
    { numRuns: 150 },
  );
}, 120_000);

function perform(
  jobId: string,
  action: Action,
  own: Attempt | undefined,
  attempts: Attempt[],
): Promise<string> {
  const { attempt, token } = own ?? { attempt: 1, token: "none" };
  if (action === "claim") return codeOr(claim(attempts));
  if (action === "cancel") return codeOr(cancelJob(scratch, projectId, jobId));
  if (action === "requeue")
    return codeOr(
      move(scratch, { projectId, event: "requeue", chosen: anyAttempt(projectId, jobId) }),
    );
  if (action === "lose") {
    const chosen = fenced(projectId, jobId, attempt, token);
    return codeOr(move(scratch, { projectId, event: "lose", chosen, message: "silent" }));
  }
  return codeOr(reportStatus(scratch, projectId, jobId, { attempt, token, status: action }));
}

async function claim(attempts: Attempt[]): Promise<string | undefined> {
  const { tenantId } = scratch;
  const claimed = await claimJob(scratch, {
    tenantId,
    projectId,
    queues: undefined,
    claimedBy: null,
  });
  if (claimed === undefined) return undefined;
  const { attempt, token } = claimed.job;
  attempts.push({ attempt, token: token!, outcome: undefined });
  return "claimed";
}

async function logOf(jobId: string): Promise<[string | null, string][]> {
  const rows = await scratch.superuser<
    { sequence: number; from_status: string | null; to_status: string }[]
  >`
    select sequence, from_status, to_status from training.transitions where job_id = ${jobId} order by sequence`;
  expect(rows.map(({ sequence }) => sequence)).toEqual(rows.map((_, index) => index + 1));
  return rows.map(({ from_status, to_status }) => [from_status, to_status]);
}

/** The next run claims its own job only. */
async function abandon(jobId: string): Promise<void> {
  await scratch.superuser`
    update training.training_jobs set status = 'failed' where job_id = ${jobId}`;
  await scratch.superuser`delete from training.ranks`;
}

test("20 writers of one job at once: every accepted change is legal and logged once", async () => {
  for (let round = 0; round < 10; round += 1) {
    const { job_id: jobId } = await createJob(
      scratch,
      projectId,
      jobRequest({ maxAttempts: 3 }),
      undefined,
    );
    const attempts: Attempt[] = [];
    await claim(attempts);
    scratch.announced.length = 0;
    await Promise.all(
      Array.from({ length: 20 }, (_, writer) => {
        const action = ACTIONS[(writer + round) % ACTIONS.length] as Action;
        return perform(jobId, action, attempts[0], attempts);
      }),
    );
    const log = await logOf(jobId);
    expect(
      scratch.announced.map(({ from_status, status }) => [from_status, status]).toSorted(),
    ).toEqual(log.slice(2).toSorted());
    for (const [index, [from]] of log.entries()) expect(from).toBe(log[index - 1]?.[1] ?? null);
    await abandon(jobId);
  }
}, 60_000);

test("a job that is not running has no ranks, and its attempt knows what they had reached", async () => {
  const { job_id: jobId } = await createJob(
    scratch,
    projectId,
    jobRequest({ worldSize: 3 }),
    undefined,
  );
  const attempts: Attempt[] = [];
  await claim(attempts);
  await scratch.superuser`update training.ranks set step = 10 + rank, progress = rank / 2.0 where job_id = ${jobId}`;
  expect(await getJob(scratch.db, projectId, jobId)).toMatchObject({ step: "10", progress: 0.5 });
  await perform(jobId, "succeeded", attempts[0], attempts);
  expect(await getJob(scratch.db, projectId, jobId)).toMatchObject({
    status: "succeeded",
    step: "10",
    progress: 0.5,
  });
  const [ranks] =
    await scratch.superuser`select count(*)::int as left from training.ranks where job_id = ${jobId}`;
  expect(ranks).toEqual({ left: 0 });
});
