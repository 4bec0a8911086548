import { randomUUID } from "node:crypto";
import { explain, openScratchDatabase, readsOf, type ScratchDatabase } from "@sluice/testing";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { moveJob, type Queryable } from "../transitions/queries.ts";
import { countRunning, listClaimable, nextPending } from "./queries.ts";

const PROJECTS = 5;
const ENDED_JOBS = 100_000;
const PENDING_JOBS = 10_000;
const RUNNING_JOBS = 20;

let scratch: ScratchDatabase;
let superuser: postgres.Sql;

beforeAll(async () => {
  scratch = await openScratchDatabase("training");
  superuser = postgres(scratch.superuserUrl, { max: 1 });
  await superuser`insert into auth.tenants (name) values ('t')`;
  await superuser`
    insert into auth.projects (tenant_id, name)
    select tenant_id, 'p' || number from auth.tenants, generate_series(1, ${PROJECTS}) as number`;
  await insertJobs("succeeded", ENDED_JOBS);
  await insertJobs("running", RUNNING_JOBS);
  await insertJobs("pending", PENDING_JOBS);
  await superuser`vacuum analyze training.training_jobs`;
}, 60_000);

afterAll(async () => {
  await superuser.end();
  await scratch.stop();
});

/** Spread evenly over the projects and two queues. */
async function insertJobs(status: string, count: number): Promise<void> {
  await superuser`
    insert into training.training_jobs (
      project_id, job_id, max_attempts, world_size, heartbeat_timeout_seconds, retry_initial_delay_seconds,
      retry_factor, retry_max_delay_seconds, retry_jitter, priority, status, queue, name, labels, spec
    )
    select project_id, gen_random_uuid(), 1, 1, 15, 5, 2, 300, 0.2, number % 101, ${status},
      'q' || number % 2, 'job', '{}', '{}'
    from generate_series(1, ${count}) as number
    join (select project_id, row_number() over () - 1 as place from auth.projects) as project
      on project.place = number % ${PROJECTS}::int`;
}

/** How the table of jobs is read. */
const readsBy = async (statement: (db: Queryable) => Promise<unknown>) =>
  readsOf(await explain(scratch, superuser, statement), "training_jobs").toSorted();

test.each([
  ["any queue", undefined, "training_jobs_pending_idx"],
  ["one queue", ["q1"], "training_jobs_pending_queue_idx"],
])(
  "a claim of %s among 100,000 jobs reads one entry of its partial index",
  async (_name, queues, index) => {
    const claim = (db: Queryable) =>
      moveJob(db, {
        projectId: "1",
        event: "claim",
        chosen: nextPending("1", queues),
        token: randomUUID(),
        claimedBy: null,
      });
    // The second finds the row that was chosen, to update it.
    expect(await readsBy(claim)).toEqual(
      [
        [index, 1],
        ["training_jobs_pkey", 1],
      ].toSorted(),
    );
  },
);

test("choosing a project reads one pending job of each, what is running, and nothing that has ended", async () => {
  const scope = { tenantId: "1", projectId: null, queues: undefined };
  expect(await readsBy((db) => listClaimable(db, scope))).toEqual([
    ["training_jobs_pending_idx", PROJECTS],
    ["training_jobs_running_idx", RUNNING_JOBS],
  ]);
});

test("counting against a quota reads what is running", async () => {
  expect(await readsBy((db) => countRunning(db, "1"))).toEqual([
    ["training_jobs_running_idx", RUNNING_JOBS],
  ]);
});
