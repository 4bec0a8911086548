import { afterAll, beforeAll, expect, test } from "vitest";
import { claimJob } from "../claims/claim.ts";
import { createJob } from "../jobs/create-job.ts";
import { jobRequest, openScratchTraining, type ScratchTraining } from "../scratch-training.ts";
import { listForgotten, listLost, listStanding } from "../sweeper/queries.ts";
import type { Queryable } from "../transitions/queries.ts";
import type { Beat, BeatAddress } from "./beat.ts";
import { listRanks, writeBeats } from "./queries.ts";

const JOBS = 100_000;
const RUNNING = 120;
const WORLD_SIZE = 20;

let scratch: ScratchTraining;
let projectId: string;
/** Every rank of the jobs that run. */
const addresses: BeatAddress[] = [];
/** One of whose ranks the planner has never heard. */
let newProjectId: string;
let newcomers: BeatAddress[];

beforeAll(async () => {
  scratch = await openScratchTraining(2);
  [projectId, newProjectId] = scratch.projects as [string, string];
  for (let count = 0; count < RUNNING; count += 1) addresses.push(...(await runningJob(projectId)));
  const { superuser } = scratch;
  await superuser`
    insert into training.training_jobs (project_id, job_id, status, attempt, max_attempts, world_size,
      heartbeat_timeout_seconds, retry_initial_delay_seconds, retry_factor, retry_max_delay_seconds, retry_jitter,
      priority, queue, name, labels, spec)
    select ${projectId}, gen_random_uuid(), 'succeeded', 1, 1, 1, 15, 5, 2, 300, 0, 50, 'default', 'done', '{}', '{}'
    from generate_series(1, ${JOBS}::int)`;
  await superuser`vacuum analyze training.training_jobs`;
  await superuser`vacuum analyze training.ranks`;
  newcomers = await runningJob(newProjectId, 2_000);
}, 120_000);

afterAll(() => scratch.stop());

async function runningJob(projectId: string, worldSize = WORLD_SIZE): Promise<BeatAddress[]> {
  await createJob(scratch, projectId, jobRequest({ worldSize }), undefined);
  const { tenantId } = scratch;
  const scope = { tenantId, projectId, queues: undefined, claimedBy: null };
  const { job } = (await claimJob(scratch, scope))!;
  const address = { jobId: job.job_id, attempt: job.attempt, token: job.token! };
  return Array.from({ length: worldSize }, (_, rank) => ({ ...address, rank }));
}

function beat(step: number): Beat {
  return { step, progress: step / 1_000, message: `step ${step}`, highestRank: WORLD_SIZE - 1 };
}

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Index Cond"?: string;
  readonly Plans?: readonly PlanNode[];
}

/** For any parameters, as prepared statements get it, or for these. */
type PlanMode = "force_generic_plan" | "force_custom_plan";

/** The plan of the statement that `run` sends. */
async function planOf(
  mode: PlanMode,
  run: (db: Queryable) => Promise<unknown>,
): Promise<PlanNode[]> {
  const nodes: PlanNode[] = [];
  const explaining: Queryable = {
    run: async (_operation, query) => {
      const { sql, parameters } = query.compile(scratch.db.builder);
      const session = await scratch.superuser.reserve();
      try {
        await session.unsafe(`set plan_cache_mode = ${mode}; prepare statement as ${sql}`);
        const values = parameters.map(literal).join();
        const [row] = await session.unsafe(`explain (format json) execute statement(${values})`);
        const pending = [row?.["QUERY PLAN"][0].Plan as PlanNode];
        for (const node of pending) {
          nodes.push(node);
          pending.push(...(node.Plans ?? []));
        }
      } finally {
        await session.unsafe("deallocate all; reset all");
        session.release();
      }
      return [];
    },
  };
  await run(explaining);
  return nodes;
}

function literal(value: unknown): string {
  const text = Array.isArray(value)
    ? `{${value.map((item) => JSON.stringify(item)).join()}}`
    : value;
  return `'${String(text)}'`;
}

const beatAll = (db: Queryable, project: string, some: readonly BeatAddress[]): Promise<unknown> =>
  writeBeats(
    db,
    project,
    some,
    some.map(() => beat(1)),
  );

test.each<PlanMode>(["force_generic_plan", "force_custom_plan"])(
  "a flush probes each job and each rank by its whole key, whatever the planner knows: %s",
  async (mode) => {
    for (const [project, some] of [
      [projectId, addresses.slice(0, 1_000)],
      [newProjectId, newcomers],
    ] as const) {
      const nodes = await planOf(mode, (db) => beatAll(db, project, some));
      const scans = nodes.filter(
        (node) => node["Node Type"].endsWith("Scan") && node["Relation Name"],
      );
      expect(scans.map((node) => [node["Node Type"], node["Index Name"]]).toSorted()).toEqual([
        ["Index Scan", "ranks_pkey"],
        ["Index Scan", "ranks_pkey"],
        ["Index Scan", "training_jobs_pkey"],
      ]);
      for (const scan of scans)
        expect(scan["Index Cond"]).toContain(
          scan["Index Name"] === "ranks_pkey" ? "rank =" : "job_id =",
        );
      const order = nodes.map((node) => node["Node Type"]);
      expect(order).toContain("LockRows");
      expect(order).toContain("Sort");
    }
  },
);

/** Either has all that is asked for in its key. */
const PROBES = ["training_jobs_pkey", "training_jobs_status_idx"];

test.each([
  ["the look for lost ranks", listLost, PROBES],
  ["the look for standing steps", (db: Queryable) => listStanding(db, 600), PROBES],
  ["the look for forgotten retries", listForgotten, ["training_jobs_retrying_idx"]],
])("%s reads jobs by an index, whatever the planner knows", async (_what, run, indexes) => {
  const nodes = await planOf("force_generic_plan", run);
  const onJobs = nodes.filter((node) => node["Relation Name"] === "training_jobs");
  expect(onJobs.map((node) => node["Node Type"])).toEqual(["Index Scan"]);
  expect(indexes).toContain(onJobs[0]!["Index Name"]);
});

test("of twelve thousand updates of ranks at least 95 % stay on their page and touch no index", async () => {
  const { superuser } = scratch;
  for (let step = 1; step <= 5; step += 1) {
    for (let start = 0; start < addresses.length; start += 240) {
      const some = addresses.slice(start, start + 240);
      const rows = await writeBeats(
        scratch.db,
        projectId,
        some,
        some.map(() => beat(step)),
      );
      expect(rows.reduce((sum, { written }) => sum + written.length, 0)).toBe(some.length);
    }
  }
  const counted = async () => {
    const [row] = await superuser<{ updated: number; hot: number }[]>`
      select n_tup_upd::int4 as updated, n_tup_hot_upd::int4 as hot from pg_stat_user_tables
      where schemaname = 'training' and relname = 'ranks'`;
    return row!;
  };
  await expect
    .poll(async () => (await counted()).updated, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(12_000);
  const { updated, hot } = await counted();
  expect(hot / updated).toBeGreaterThanOrEqual(0.95);
}, 60_000);

test("a step that stays where it was is no step, and what is left out stays", async () => {
  const [address] = await runningJob(projectId);
  const write = (told: Partial<Beat>) =>
    writeBeats(
      scratch.db,
      projectId,
      [address!],
      [{ step: null, progress: null, message: null, highestRank: 0, ...told }],
    );
  const read = async () => {
    const page = { attempt: 1, after: -1, rows: 1 };
    const [row] = await listRanks(scratch.db, projectId, address!.jobId, page);
    return row!;
  };
  await write({});
  expect(await read()).toMatchObject({ step: null, stepped_at: null, status: "alive" });
  await write({ step: 2n ** 63n - 1n, progress: 0.5, message: "up" });
  const first = await read();
  expect(first).toMatchObject({ step: "9223372036854775807", progress: 0.5, message: "up" });
  await write({ step: 2n ** 63n - 1n });
  const second = await read();
  expect(second).toMatchObject({ progress: 0.5, message: "up", stepped_at: first.stepped_at });
  expect(second.beat_at! > first.beat_at!).toBe(true);
  await write({ step: 7 });
  const third = await read();
  expect(third.step).toBe("7");
  expect(third.stepped_at! > second.stepped_at!).toBe(true);
});
