import { execFile } from "node:child_process";
import { readFile, rename, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { findChange, insertChange } from "@sluice/ops/config-changes/queries";
import { openScratchDatabase, type ScratchDatabase } from "@sluice/testing";
import { loadWorkloads, selectProfile, WORKLOADS } from "@sluice/workloads";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AliasLoad } from "./alias-load.ts";
import { type ScratchPgbouncer, startScratchPgbouncer } from "./scratch-pgbouncer.ts";
import { type ServiceInstance, startInstance } from "./service-instance.ts";
import { until } from "./until.ts";

const profile = selectProfile(loadWorkloads(), "local");
const { alias: ALIAS, pool_size: SIZE } = profile.workloads.feature;

let database: ScratchDatabase;
let superuser: postgres.Sql;
let first: ScratchPgbouncer;
let second: ScratchPgbouncer;
/** Those that run; the leader is one of them. */
const instances: ServiceInstance[] = [];

beforeAll(async () => {
  database = await openScratchDatabase("monitor");
  superuser = postgres(database.superuserUrl, { max: 2, onnotice: () => undefined });
  const lines = WORKLOADS.map((workload) => {
    const { alias, pool_size } = profile.workloads[workload];
    return `${alias} pool_size=${pool_size}`;
  });
  [first, second] = await Promise.all([
    startScratchPgbouncer(database.superuserUrl, lines),
    startScratchPgbouncer(database.superuserUrl, lines),
  ]);
  instances.push(...(await Promise.all([startOps(), startOps()])));
});
afterAll(async () => {
  await Promise.all(instances.map((instance) => instance.terminate()));
  await Promise.all([first, second].map((pooler) => pooler[Symbol.asyncDispose]()));
  await superuser.end();
  await database.stop();
});

/** One of the instances of ops over both PgBouncers. Its looks follow each other closely, so that a test is short. */
function startOps(): Promise<ServiceInstance> {
  const consoles = [first, second].map((pooler) => pooler.url("pgbouncer")).join(",");
  return startInstance("services/ops/src/main.ts", {
    SLUICE_ADMIN_URL: database.urlOf("admin"),
    SLUICE_MONITOR_URL: database.urlOf("monitor"),
    SLUICE_REDIS_URL: undefined,
    SLUICE_PGBOUNCER_URLS: consoles,
    SLUICE_PGBOUNCER_ADMIN_URLS: consoles,
    SLUICE_PGBOUNCER_DATABASES_FILES: [first, second].map((each) => each.databasesFile).join(","),
    SLUICE_AUTOSCALER_TICK_MS: "200",
  });
}

const sizes = (): Promise<(number | null | undefined)[]> =>
  Promise.all(
    [first, second].map(
      async ({ console }) =>
        (await console.show("databases")).find(({ name }) => name === ALIAS)?.pool_size,
    ),
  );

/** What was done since an event, without the refusals. */
const eventsAfter = (id: string) => superuser`
  select action, reason, outcome, size_before, size_asked, actor, term from ops.scaling_events
  where event_id > ${id}::bigint and outcome not in ('refused', 'none') order by event_id`;

async function lastEvent(): Promise<string> {
  const [row] =
    await superuser`select coalesce(max(event_id), 0)::text as id from ops.scaling_events`;
  return row!["id"] as string;
}

/** A change of the pool, by one, whose windows end when `skipWindow` says so. */
async function askFor(poolSize: number): Promise<string> {
  const { id } = await insertChange(database.db, {
    author: "key:test",
    reason: "a test",
    expected_effect: "none",
    rollback: "none",
    window_seconds: 3_600,
    target: { alias: ALIAS },
    settings: { pool_size: poolSize },
  });
  await until("it is being measured", async () => (await stateOf(id)) === "measuring");
  return id;
}

const stateOf = async (id: string) => (await findChange(database.db, id))?.state;

async function skipWindow(id: string): Promise<void> {
  await superuser`update ops.config_changes set started_at = now() - interval '2 h' where change_id = ${id}`;
}

/** Kills the instance that leads; its lease ends at once, as it would by itself after 15 s. */
async function killLeader(): Promise<void> {
  const leads = await Promise.all(instances.map(({ metric }) => metric("autoscaler_leader")));
  expect(leads.toSorted()).toEqual([0, 1]);
  const [leader] = instances.splice(leads.indexOf(1), 1);
  await leader!.kill();
  await superuser`update ops.autoscaler set leader_until = now() - interval '1 s'`;
}

/** Whoever reads the file waits, until it is disposed of: the file is a pipe that nobody writes to. */
async function holdFile(file: string): Promise<AsyncDisposable> {
  await rename(file, `${file}.held`);
  await promisify(execFile)("mkfifo", [file]);
  return { [Symbol.asyncDispose]: () => rename(`${file}.held`, file) };
}

test("a change is tried on the first PgBouncer, rolled out to both, and each step is on record once", async () => {
  const before = await lastEvent();
  const id = await askFor(SIZE + 1);
  await skipWindow(id);
  await until("the first has it", async () => (await sizes())[0] === SIZE + 1);
  expect([await stateOf(id), await sizes()]).toEqual(["trying", [SIZE + 1, SIZE]]);
  await skipWindow(id);
  await until("it is everywhere", async () => (await stateOf(id)) === "rolled_out");
  expect(await sizes()).toEqual([SIZE + 1, SIZE + 1]);
  const step = { action: "grow", reason: "config_change", outcome: "applied", size_before: SIZE };
  const events = await eventsAfter(before);
  expect(events).toMatchObject([step, step]);
  expect(new Set(events.map(({ actor, term }) => `${actor} ${term}`)).size).toBe(1);
});

test.each([
  ["first", 0],
  ["second", 1],
] as const)("drift on the %s PgBouncer alone is seen and put back", async (_which, index) => {
  const before = await lastEvent();
  const { databasesFile, console } = [first, second][index]!;
  const text = await readFile(databasesFile, "utf8");
  await writeFile(databasesFile, text.replace(/(sluice_feature = .*pool_size=)\d+/, "$12"));
  await console.reload();
  await until("it is put back", async () => (await eventsAfter(before)).length > 0);
  await until("both have it", async () => (await sizes()).every((size) => size === SIZE + 1));
  await until(
    "it is on record",
    async () => (await eventsAfter(before))[0]!["outcome"] === "applied",
  );
  expect(await eventsAfter(before)).toMatchObject([{ action: "restore", reason: "drift" }]);
});

test("a leader that is killed between the two PgBouncers leaves a roll-out that the other one takes back", async () => {
  const [before, size] = [await lastEvent(), SIZE + 1];
  const id = await askFor(size + 1);
  await skipWindow(id);
  await until("it is tried", async () => (await sizes())[0] === size + 1);
  await until(
    "the trial is on record",
    async () => (await eventsAfter(before))[0]!["outcome"] === "applied",
  );
  {
    await using _ = await holdFile(second.databasesFile);
    await skipWindow(id);
    await until("it is being rolled out", async () => (await eventsAfter(before)).length === 2);
    await killLeader();
  }
  await until("it has ended", async () => (await stateOf(id)) === "rolled_back");
  expect(await sizes()).toEqual([size, size]);
  expect(await eventsAfter(before)).toMatchObject([
    { action: "grow", reason: "config_change", outcome: "applied" },
    { action: "grow", reason: "config_change", outcome: "abandoned", size_asked: size + 1 },
    { action: "restore", reason: "config_change", outcome: "applied", size_asked: size },
  ]);
  instances.push(await startOps());
});

test("a leader that is killed while both grow leaves it to the other one, who grows them again, once", async () => {
  const [before, size] = [await lastEvent(), SIZE + 1];
  // The last change is long ago, for the autoscaler.
  await superuser`update ops.pool_sizes set changed_at = now() - interval '1 h'`;
  const held = await holdFile(second.databasesFile);
  const load = [first, second].map(
    (pooler) => new AliasLoad(pooler.url(ALIAS), 3 * SIZE, "select pg_sleep(0.05)"),
  );
  try {
    await until("the first has grown", async () => (await sizes())[0]! > size);
    await killLeader();
  } finally {
    await held[Symbol.asyncDispose]();
  }
  const applied = async () =>
    (await eventsAfter(before)).filter(({ outcome }) => outcome === "applied");
  await until("the heir has made them grow", async () => (await applied()).length > 0);
  await Promise.all(load.map((each) => each[Symbol.asyncDispose]()));
  const [abandoned, grown, ...others] = await eventsAfter(before);
  expect(others).toEqual([]);
  const growth = { action: "grow", reason: "waiting", size_before: size };
  expect(abandoned).toMatchObject({ ...growth, outcome: "abandoned" });
  expect(grown).toMatchObject({ ...growth, outcome: "applied" });
  expect(grown!["actor"]).not.toBe(abandoned!["actor"]);
  expect(await sizes()).toEqual([grown!["size_asked"], grown!["size_asked"]]);
});
