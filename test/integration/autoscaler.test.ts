import { readFile, writeFile } from "node:fs/promises";
import { Autoscaler, type AutoscalerOptions } from "@sluice/ops/autoscaler/autoscaler";
import type { Decision } from "@sluice/ops/autoscaler/decision";
import { fileEffector, setEffector } from "@sluice/ops/autoscaler/effector";
import { DEFAULT_POLICY } from "@sluice/ops/autoscaler/policy";
import { openIntent, readDatabaseLoad } from "@sluice/ops/autoscaler/queries";
import { scalingMeter } from "@sluice/ops/autoscaler/scaling-metrics";
import { readPoolSizes, writePoolSizes } from "@sluice/pgbouncer";
import { createLogger, createRegistry } from "@sluice/telemetry";
import { openScratchDatabase, type ScratchDatabase } from "@sluice/testing";
import { loadWorkloads, type Profile, selectProfile, WORKLOADS } from "@sluice/workloads";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { AliasLoad } from "./alias-load.ts";
import { type ScratchPgbouncer, startScratchPgbouncer } from "./scratch-pgbouncer.ts";
import { until } from "./until.ts";

const ALIAS = "sluice_feature";
const logger = createLogger({ service: "test", level: "silent" });
/** The constants that the product runs with, and no pauses: the tests call the ticks. */
const POLICY = { ...DEFAULT_POLICY, shrinkAfter: 20, growCooldownMs: 0, shrinkCooldownMs: 0 };
const profile = wideProfile();

let database: ScratchDatabase;
let superuser: postgres.Sql;
let pooler: ScratchPgbouncer;

beforeAll(async () => {
  database = await openScratchDatabase("monitor");
  superuser = postgres(database.superuserUrl, { max: 2, onnotice: () => undefined });
});
afterAll(async () => {
  await superuser.end();
  await database.stop();
});
beforeEach(async () => {
  await superuser`truncate ops.scaling_events, ops.pool_sizes`;
  await superuser`update ops.autoscaler set mode = 'on', leader = null, leader_until = '-infinity'`;
  const lines = WORKLOADS.map((workload) => {
    const { alias, pool_size } = profile.workloads[workload];
    return `${alias} pool_size=${pool_size}`;
  });
  pooler = await startScratchPgbouncer(database.superuserUrl, lines);
});
afterEach(() => pooler[Symbol.asyncDispose]());

/** The local profile with room to move, on a machine that a few sleeping statements don't fill. */
function wideProfile(): Profile {
  const local = selectProfile(loadWorkloads(), "local");
  const { feature } = local.workloads;
  const wide = { ...feature, pool_size: 4, reserve_pool_size: 0, scaling: { min: 2, max: 12 } };
  return {
    ...local,
    autoscaler: { max_server_connections: 40 },
    workloads: { ...local.workloads, feature: wide },
  };
}

function autoscaler(more: Partial<AutoscalerOptions> = {}): Autoscaler {
  const { console, databasesFile } = pooler;
  return new Autoscaler({
    db: database.db,
    profile,
    processes: [{ console, effector: fileEffector(databasesFile, console) }],
    policy: POLICY,
    actor: "system:test/a",
    leaseMs: 10_000,
    logger,
    meter: scalingMeter(createRegistry("test")),
    ...more,
  });
}

const poolSize = async (): Promise<number | null | undefined> =>
  (await pooler.console.show("databases")).find(({ name }) => name === ALIAS)?.pool_size;
const servers = async (): Promise<number> => {
  const pool = (await pooler.console.show("pools")).find((each) => each.database === ALIAS);
  return (
    (pool?.sv_active ?? 0) + (pool?.sv_idle ?? 0) + (pool?.sv_used ?? 0) + (pool?.sv_tested ?? 0)
  );
};
const logins = async (): Promise<number> =>
  (await pooler.console.show("pools")).find((each) => each.database === ALIAS)?.sv_login ?? 0;
const waits = async (): Promise<boolean> =>
  ((await pooler.console.show("pools")).find((each) => each.database === ALIAS)?.cl_waiting ?? 0) >
  0;
const events = (outcome: string) => superuser`
  select alias, action, reason, size_before, size_asked, size_read_back, servers_after, actor, term, repeats
  from ops.scaling_events where outcome = ${outcome} order by event_id`;
const ofAlias = (decisions: readonly Decision[] | undefined): Decision | undefined =>
  decisions?.find(({ alias }) => alias === ALIAS);

/** Ticks until it decides something, as clients come and go between two looks. */
async function tickUntil(scaler: Autoscaler, action: Decision["action"]): Promise<Decision> {
  let decision: Decision | undefined;
  await until(`the autoscaler decides to ${action}`, async () => {
    decision = ofAlias(await scaler.tick());
    return decision?.action === action;
  });
  return decision!;
}

test("a load that rises makes the pool grow at the second look, and one that is gone makes it shrink", async () => {
  const scaler = autoscaler();
  await using load = new AliasLoad(pooler.url(ALIAS), 30, "select pg_sleep(0.05)");
  await until("clients wait", waits);
  await tickUntil(scaler, "grow");
  expect(await poolSize()).toBe(5);
  for (let step = 0; step < 10; step++) await scaler.tick();
  expect(await poolSize()).toBeGreaterThanOrEqual(8);
  await until("they are used", async () => (await servers()) === (await poolSize()));
  await load[Symbol.asyncDispose]();
  await tickUntil(scaler, "shrink");
  await until("it is small", async () => {
    await scaler.tick();
    return (await poolSize()) === 2;
  });
  expect(await servers()).toBeLessThanOrEqual(2);
  const [first] = await events("applied");
  expect(first).toMatchObject({
    action: "grow",
    reason: "waiting",
    size_before: 4,
    size_asked: 5,
    size_read_back: 5,
  });
  expect(readPoolSizes(await readFile(pooler.databasesFile, "utf8"))[ALIAS]).toBe(2);
});

test("a shrink under load converges although clients wait, and no statement fails", async () => {
  await using load = new AliasLoad(pooler.url(ALIAS), 30, "select pg_sleep(0.02)");
  await pooler.console.show("pools");
  const small = { ...profile.workloads.feature, scaling: { min: 2, max: 2 } };
  await writePoolSizes(pooler.databasesFile, { [ALIAS]: 12 }, 0);
  await pooler.console.reload();
  await until("twelve connections work", async () => (await servers()) === 12);
  // The drift back to four is a shrink under load.
  await autoscaler({
    profile: { ...profile, workloads: { ...profile.workloads, feature: small } },
  }).tick();
  const [event] = await events("applied");
  expect(event).toMatchObject({
    action: "restore",
    reason: "drift",
    size_before: 12,
    size_asked: 4,
    size_read_back: 4,
  });
  expect(event!["servers_after"]).toBeLessThanOrEqual(4);
  const before = load.answered;
  await until("statements go on", () => load.answered > before + 30);
});

test("growth is refused while PostgreSQL is what everybody waits for", async () => {
  // Long enough that none is between two statements when it is looked at.
  const busy = "select count(*) from generate_series(1, 2000000)";
  await using _ = new AliasLoad(pooler.url(ALIAS), 12, busy);
  await until("four of them run", async () => (await readDatabaseLoad(database.db)).running === 4);
  const machine = { ...profile.machine, cores: 1 };
  const scaler = autoscaler({ profile: { ...profile, machine } });
  const decision = await tickUntil(scaler, "refuse");
  expect(decision).toMatchObject({ reason: "database_bound", from: 4 });
  expect(await poolSize()).toBe(4);
  expect(await events("refused")).toMatchObject([{ reason: "database_bound", action: "refuse" }]);
});

test("growth is refused while everybody waits for a lock", async () => {
  const held = Promise.withResolvers<void>();
  const holding = superuser.begin(async (tx) => {
    await tx`lock table auth.quotas in access exclusive mode`;
    await held.promise;
  });
  await using _ = new AliasLoad(pooler.url(ALIAS), 12, "select count(*) from auth.quotas");
  try {
    expect((await tickUntil(autoscaler(), "refuse")).reason).toBe("lock_bound");
  } finally {
    held.resolve();
    await holding;
  }
});

test("what repeats itself is one row that counts", async () => {
  await superuser`update ops.autoscaler set mode = 'frozen'`;
  await using _ = new AliasLoad(pooler.url(ALIAS), 12, "select pg_sleep(0.05)");
  const scaler = autoscaler();
  await tickUntil(scaler, "refuse");
  await tickUntil(scaler, "refuse");
  const [event, ...others] = await events("refused");
  expect(others).toEqual([]);
  expect(event).toMatchObject({ reason: "frozen" });
  expect(event!["repeats"]).toBeGreaterThanOrEqual(1);
  expect(await poolSize()).toBe(4);
});

test("a dry run decides and changes nothing", async () => {
  await superuser`update ops.autoscaler set mode = 'dry_run'`;
  await using _ = new AliasLoad(pooler.url(ALIAS), 12, "select pg_sleep(0.05)");
  await tickUntil(autoscaler(), "grow");
  expect(await poolSize()).toBe(4);
  expect(await events("dry_run")).toMatchObject([{ action: "grow", size_asked: 5 }]);
});

test("a file that somebody edits and reloads is seen at the next tick and put back", async () => {
  const scaler = autoscaler();
  await scaler.tick();
  const text = await readFile(pooler.databasesFile, "utf8");
  await writeFile(pooler.databasesFile, text.replace(/(sluice_feature = .*pool_size=)4/, "$19"));
  await pooler.console.reload();
  expect(await poolSize()).toBe(9);
  await scaler.tick();
  expect(await poolSize()).toBe(4);
  expect(await events("applied")).toMatchObject([
    { action: "restore", reason: "drift", size_before: 9 },
  ]);
});

test("two PgBouncers are changed, and read back, alike; one that was down is given the size when it is back", async () => {
  const lines = WORKLOADS.map((workload) => {
    const { alias, pool_size } = profile.workloads[workload];
    return `${alias} pool_size=${pool_size}`;
  });
  await using other = await startScratchPgbouncer(database.superuserUrl, lines);
  const processes = [pooler, other].map(({ console, databasesFile }) => ({
    console,
    effector: fileEffector(databasesFile, console),
  }));
  // What all may open is for both together: half of it each, one more than there is.
  const allowed = { max_server_connections: 2 * (spentBy(profile) + 1) };
  const pgbouncers = { ...profile.pgbouncer, processes: 2 };
  const two: Profile = { ...profile, pgbouncer: pgbouncers, autoscaler: allowed };
  const scaler = autoscaler({ processes, profile: two });
  const sizes = (): Promise<(number | null | undefined)[]> =>
    Promise.all(
      [pooler, other].map(
        async ({ console }) =>
          (await console.show("databases")).find(({ name }) => name === ALIAS)?.pool_size,
      ),
    );
  await using _ = new AliasLoad(pooler.url(ALIAS), 20, "select pg_sleep(0.05)");
  await using _other = new AliasLoad(other.url(ALIAS), 20, "select pg_sleep(0.05)");
  await until("clients wait", waits);
  await tickUntil(scaler, "grow");
  expect(await sizes()).toEqual([5, 5]);
  expect(await poolSizesIn(other)).toEqual(await poolSizesIn(pooler));
  expect((await tickUntil(scaler, "refuse")).reason).toBe("budget");
  const databases = (await pooler.console.show("databases")).filter(
    ({ name }) => name !== "pgbouncer",
  );
  const spent = databases.reduce((sum, row) => sum + row.pool_size! + row.reserve_pool_size!, 0);
  expect(2 * spent).toBeLessThanOrEqual(allowed.max_server_connections);
  allowed.max_server_connections = 200;
  await _other[Symbol.asyncDispose]();
  await other.kill();
  await tickUntil(scaler, "grow");
  const [event] = await superuser`
    select action, detail from ops.scaling_events where outcome = 'not_converged'`;
  expect(event).toMatchObject({
    action: "grow",
    detail: expect.stringContaining("1 of 2 PgBouncers did not take it") as unknown,
  });
  // It comes back with a list that says something else.
  const text = await readFile(other.databasesFile, "utf8");
  await writeFile(other.databasesFile, text.replace(/(sluice_feature = .*pool_size=)\d+/, "$15"));
  await other.restart();
  await tickUntil(scaler, "restore");
  expect(new Set(await sizes()).size).toBe(1);
});

const poolSizesIn = async ({ databasesFile }: ScratchPgbouncer) =>
  readPoolSizes(await readFile(databasesFile, "utf8"));

/** Servers that the aliases of one PgBouncer may open. */
function spentBy({ workloads }: Profile): number {
  return WORKLOADS.reduce(
    (sum, workload) => sum + workloads[workload].pool_size + workloads[workload].reserve_pool_size,
    0,
  );
}

test("a shrink lets a login under way come to its end, so that no client is dropped", async () => {
  const small = { ...profile.workloads.feature, pool_size: 2, scaling: { min: 2, max: 2 } };
  const scaler = autoscaler({
    profile: { ...profile, workloads: { ...profile.workloads, feature: small } },
  });
  await using load = new AliasLoad(pooler.url(ALIAS), 30, "select pg_sleep(0.02)");
  await until("four connections work", async () => (await servers()) === 4);
  await superuser`alter system set post_auth_delay = 1`;
  await superuser`select pg_reload_conf()`;
  try {
    await writePoolSizes(pooler.databasesFile, { [ALIAS]: 12 }, 0);
    await pooler.console.reload();
    await until("another one logs in", async () => (await logins()) > 0);
    await scaler.tick();
  } finally {
    await superuser`alter system reset post_auth_delay`;
    await superuser`select pg_reload_conf()`;
  }
  const [event] = await events("applied");
  expect(event).toMatchObject({ size_asked: 2 });
  expect(event!["servers_after"]).toBeLessThanOrEqual(2);
  await load.stop();
});

test("with SET, a RELOAD behind its back is seen at the next tick and put back", async () => {
  await using plain = await startScratchPgbouncer(database.superuserUrl, [ALIAS]);
  await plain.console.set("default_pool_size", 4);
  const scaler = autoscaler({
    processes: [{ console: plain.console, effector: setEffector(plain.console) }],
  });
  await using _ = new AliasLoad(plain.url(ALIAS), 30, "select pg_sleep(0.05)");
  await tickUntil(scaler, "grow");
  const size = async () =>
    (await plain.console.show("databases")).find(({ name }) => name === ALIAS)?.pool_size;
  expect(await size()).toBe(5);
  await plain.console.reload();
  expect(await size()).toBe(20);
  await scaler.tick();
  expect(await size()).toBe(5);
});

test("a PgBouncer that crashed and came back with its own figures gets the decided ones", async () => {
  const scaler = autoscaler();
  {
    await using _ = new AliasLoad(pooler.url(ALIAS), 30, "select pg_sleep(0.05)");
    await tickUntil(scaler, "grow");
  }
  const text = await readFile(pooler.databasesFile, "utf8");
  await writeFile(pooler.databasesFile, text.replace(/(sluice_feature = .*pool_size=)\d+/, "$14"));
  await pooler.restart();
  expect(await poolSize()).toBe(4);
  await scaler.tick();
  expect(await poolSize()).toBe(5);
});

test.each([
  ["before it touched anything", { file: false, reload: false }, 4, "abandoned"],
  ["between the file and RELOAD", { file: true, reload: false }, 4, "abandoned"],
  ["after RELOAD", { file: true, reload: true }, 7, "applied"],
] as const)(
  "a leader that dies %s leaves a change that the next one settles",
  async (_when, died, size, outcome) => {
    const dead = autoscaler({ actor: "system:test/dead" });
    await dead.tick();
    const lease = { holder: "system:test/dead", term: await termNow() };
    const change = {
      alias: ALIAS,
      action: "grow",
      reason: "waiting",
      from: 4,
      to: 7,
      detail: "",
      seen: undefined,
    } as const;
    expect(await openIntent(database.db, lease, change, lease.holder)).toBeDefined();
    if (died.file) await writePoolSizes(pooler.databasesFile, { [ALIAS]: 7 }, lease.term);
    if (died.reload) await pooler.console.reload();
    await superuser`update ops.autoscaler set leader_until = now() - interval '1 s'`;
    await autoscaler({ actor: "system:test/heir" }).tick();
    expect(await events(outcome)).toMatchObject([{ size_asked: 7, actor: "system:test/dead" }]);
    await pooler.console.reload();
    expect(await poolSize()).toBe(size);
    await autoscaler({ actor: "system:test/heir" }).tick();
    expect(await poolSize()).toBe(size);
    expect(await events("intended")).toEqual([]);
  },
);

const termNow = async (): Promise<number> =>
  Number((await superuser`select term from ops.autoscaler`)[0]!["term"]);

test("of two instances one acts, and the other takes over when it is gone", async () => {
  await using _ = new AliasLoad(pooler.url(ALIAS), 30, "select pg_sleep(0.05)");
  await until("clients wait", waits);
  const [a, b] = ["a", "b"].map((name) => autoscaler({ actor: `system:test/${name}` })) as [
    Autoscaler,
    Autoscaler,
  ];
  await until("one of them acts", async () => {
    await Promise.all([a.tick(), b.tick()]);
    return (await events("applied")).length > 1;
  });
  const before = await events("applied");
  expect(new Set(before.map(({ actor }) => actor as string)).size).toBe(1);
  await superuser`update ops.autoscaler set leader_until = now() - interval '1 s'`;
  const [gone, heir] = before[0]!["actor"] === "system:test/a" ? [a, b] : [b, a];
  await heir.tick();
  expect(await gone.tick()).toBeUndefined();
  await tickUntil(heir, "grow");
  const terms =
    await superuser`select term, count(distinct actor)::int as actors from ops.scaling_events group by term`;
  expect(terms.length).toBe(2);
  for (const { actors } of terms) expect(actors).toBe(1);
});

test("who looks once while another one is in charge decides, and leaves it at that", async () => {
  await using _ = new AliasLoad(pooler.url(ALIAS), 30, "select pg_sleep(0.05)");
  await until("clients wait", waits);
  await autoscaler({ actor: "system:test/leader" }).tick();
  const once = autoscaler({ actor: "cli:test", everyRow: true });
  let decision: Decision | undefined;
  await until("it would grow", async () => {
    decision = ofAlias(await once.decideOnce());
    return decision?.action === "refuse";
  });
  expect(decision).toMatchObject({ reason: "not_leader", from: 4, to: 5 });
  expect(await poolSize()).toBe(4);
  expect((await events("refused")).at(-1)).toMatchObject({
    reason: "not_leader",
    actor: "cli:test",
  });
});

test("a leader whose lease was taken while it was about to write does not write", async () => {
  const taken = autoscaler({
    actor: "system:test/slow",
    processes: [
      {
        console: pooler.console,
        effector: {
          // Between its intention and its write another one becomes leader, and writes.
          async apply(alias, size, term) {
            await writePoolSizes(pooler.databasesFile, { [alias]: 3 }, term + 1);
            await fileEffector(pooler.databasesFile, pooler.console).apply(alias, size, term);
          },
        },
      },
    ],
  });
  await using _ = new AliasLoad(pooler.url(ALIAS), 30, "select pg_sleep(0.05)");
  await tickUntil(taken, "grow");
  expect(await events("abandoned")).toMatchObject([{ action: "grow", size_asked: 5 }]);
  expect(readPoolSizes(await readFile(pooler.databasesFile, "utf8"))[ALIAS]).toBe(3);
});

test("the newest event of an alias is found by its index", async () => {
  await superuser`
    insert into ops.scaling_events (alias, action, reason, outcome, size_before, size_asked, detail, actor, term)
    select 'alias_' || n % 10, 'hold', 'steady', 'none', 1, 1, '', '', 1 from generate_series(1, 20000) as n`;
  await superuser`analyze ops.scaling_events`;
  const rows = await superuser`
    explain select event_id from ops.scaling_events where alias = ${"alias_1"} order by event_id desc limit 1`;
  expect(rows.map((row) => row["QUERY PLAN"] as string).join("\n")).toMatch(
    /scaling_events_(alias_idx|pkey)/,
  );
});
