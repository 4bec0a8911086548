import { createKey, createProject, setQuotas } from "@sluice/auth";
import type postgres from "postgres";
import { expect, onTestFinished, test } from "vitest";
import { openSuperuser, openTestDatabase } from "./open-database.ts";
import { type TrainingProject, trainingProject } from "./training-project.ts";

const CLAIMERS = 8;
const PRIORITIES = 101;
/** How many of the jobs are claimed: enough for the projects to part. */
const CLAIMS = 700;

interface Fleet extends Pick<TrainingProject, "send"> {
  readonly sql: postgres.Sql;
  /** Jobs that are pending at the beginning, by project. */
  readonly projects: readonly { readonly name: string; readonly jobs: number }[];
}

/** A tenant with one project for each number of pending jobs, and a key for all of them. */
async function openFleet(jobs: readonly number[], runningJobs: number | null): Promise<Fleet> {
  const own = await trainingProject();
  const { tenant } = own;
  await using admin = await openTestDatabase("admin", { base: 1, overflow: 0 });
  const store = { db: admin, actor: "system:test" };
  const projects = jobs.map((count, index) => ({ name: `${tenant}-${index}`, jobs: count }));
  for (const { name } of projects) await createProject(store, { tenant, name });
  await setQuotas(store, { tenant, quotas: { running_jobs: runningJobs } });
  const scopes = ["jobs:claim", "jobs:read", "jobs:write"] as const;
  const { key } = await createKey(store, { tenant, project: null, name: "fleet", scopes });
  const sql = openSuperuser();
  onTestFinished(() => sql.end({ timeout: 1 }));
  for (const project of projects) await insertJobs(sql, project.name, project.jobs);
  return { send: (...request) => own.send(...withKey(request, key)), sql, projects };
}

function withKey(
  [method, path, body, options]: Parameters<Fleet["send"]>,
  key: string,
): Parameters<Fleet["send"]> {
  return [method, path, body, { ...options, key }];
}

/** Thousands, with their first line in the log, faster than by requests. */
async function insertJobs(sql: postgres.Sql, project: string, count: number): Promise<void> {
  await sql`
    with jobs as (
      insert into training.training_jobs (
        project_id, job_id, max_attempts, world_size, heartbeat_timeout_seconds, retry_initial_delay_seconds,
        retry_factor, retry_max_delay_seconds, retry_jitter, priority, queue, name, labels, spec
      )
      select project_id, gen_random_uuid(), 1, 1, 86400, 5, 2, 300, 0.2, number % ${PRIORITIES}::int, 'default',
        'job', '{}', '{}'
      from auth.projects, generate_series(1, ${count}) as number where name = ${project}
      returning project_id, job_id
    )
    insert into training.transitions (project_id, job_id, sequence, attempt, to_status, reason)
    select project_id, job_id, 1, 0, 'pending', 'created' from jobs`;
}

interface Claimed {
  readonly claimer: number;
  readonly id: string;
  readonly project: string;
  readonly priority: number;
  readonly fence: { readonly attempt: number; readonly token: string };
}

/** Claims on and on until there is nothing, or so many times, and tells of each claim in the order of the answers. */
async function claimAll(
  fleet: Fleet,
  onClaim: (claimed: Claimed) => unknown,
  most = Infinity,
): Promise<void> {
  let count = 0;
  const claimer = async (index: number): Promise<void> => {
    while (count++ < most) {
      const { status, json } = await fleet.send("POST", "/v1/jobs:claim", {});
      if (status === 204) return;
      expect(status).toBe(200);
      const { job, attempt, token } = json();
      const { project, priority } = job as unknown as Claimed;
      const claimed = { claimer: index, id: job.id, project, priority, fence: { attempt, token } };
      await onClaim(claimed);
    }
  };
  await Promise.all(Array.from({ length: CLAIMERS }, (_, index) => claimer(index)));
}

test("10,000 jobs of five projects: each claimed once, by priority, and every project gets its share", async () => {
  const fleet = await openFleet([40, 120, 3_000, 3_420, 3_420], null);
  const claims: Claimed[] = [];
  const taken = new Map(fleet.projects.map(({ name }) => [name, 0]));
  await claimAll(
    fleet,
    (claimed) => {
      claims.push(claimed);
      taken.set(claimed.project, taken.get(claimed.project)! + 1);
      // Max-min: whoever has got less than another has nothing pending. Those under way are not counted yet.
      const waiting = fleet.projects.filter(({ name, jobs }) => taken.get(name)! < jobs - CLAIMERS);
      const shares = waiting.map(({ name }) => taken.get(name)!);
      expect(Math.max(...taken.values()) - Math.min(...shares, Infinity)).toBeLessThanOrEqual(
        2 * CLAIMERS,
      );
    },
    CLAIMS,
  );
  expect(claims.length).toBe(CLAIMS);
  expect(new Set(claims.map(({ id }) => id)).size).toBe(CLAIMS);
  // The small projects were served to their end, the others got the same.
  expect([...taken.values()].slice(0, 2)).toEqual([40, 120]);
  // What one claimer gets of a project after another job was left for it, or not there: it is never larger.
  for (const ofOne of Map.groupBy(claims, (it) => `${it.claimer} ${it.project}`).values()) {
    const priorities = ofOne.map(({ priority }) => priority);
    expect(priorities).toEqual(priorities.toSorted((a, b) => b - a));
  }
  const [log] = await fleet.sql`
    select count(*)::int4 as claimed, count(distinct attempt.token)::int4 as tokens
    from training.attempts as attempt join auth.projects using (project_id)
    where name = any(${fleet.projects.map(({ name }) => name)})`;
  expect(log).toEqual({ claimed: CLAIMS, tokens: CLAIMS });
});

test("a tenant never runs more than its quota, and always as much as it may", async () => {
  const quota = 10;
  const fleet = await openFleet([20, 20, 20], quota);
  const names = fleet.projects.map(({ name }) => name);
  const countRunning = async (): Promise<number> => {
    const [row] = await fleet.sql`
      select count(*)::int4 as running from training.training_jobs join auth.projects using (project_id)
      where training_jobs.name = 'job' and projects.name = any(${names}) and status in ('running', 'cancelling')`;
    return row!["running"] as number;
  };
  const counts: number[] = [];
  const held: Claimed[] = [];
  let claimed = 0;
  for (let round = 0; claimed < 60; round++) {
    await claimAll(fleet, async (claim) => {
      held.push(claim);
      claimed += 1;
      counts.push(await countRunning());
    });
    // Nobody got one more: as many run as may, unless nothing is left.
    expect(await countRunning()).toBe(Math.min(quota, held.length));
    for (const { project, id, fence } of held.splice(0, 1 + (round % quota))) {
      const path = `/v1/projects/${project}/jobs/${id}/status`;
      const { status } = await fleet.send("PUT", path, { ...fence, status: "succeeded" });
      expect(status).toBe(200);
    }
  }
  expect(Math.max(...counts)).toBe(quota);
});

test("a claim that waits at the quota gets a job when another one ends", async () => {
  const fleet = await openFleet([1, 2], 2);
  const held: Claimed[] = [];
  await claimAll(fleet, (claim) => held.push(claim));
  expect(held.length).toBe(2);
  const answer = fleet.send("POST", "/v1/jobs:claim?wait_seconds=60", {});
  const [{ project, id, fence }] = held as [Claimed, Claimed];
  const path = `/v1/projects/${project}/jobs/${id}/status`;
  await fleet.send("PUT", path, { ...fence, status: "failed" });
  expect((await answer).status).toBe(200);
});
