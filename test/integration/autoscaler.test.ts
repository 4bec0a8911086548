import { readFile, writeFile } from "node:fs/promises";
import { fileEffector, setEffector } from "@sluice/ops/autoscaler/effector";
import { readDatabaseLoad } from "@sluice/ops/autoscaler/queries";
import { readPoolSizes, writePoolSizes } from "@sluice/pgbouncer";
import { type Profile, WORKLOADS } from "@sluice/workloads";
import { expect, test } from "vitest";
import { AliasLoad } from "./alias-load.ts";
import {
  ALIAS,
  autoscaler,
  database,
  events,
  logins,
  pooler,
  poolSize,
  profile,
  servers,
  superuser,
  tickUntil,
  waits,
} from "./autoscaler-bed.ts";
import { type ScratchPgbouncer, startScratchPgbouncer } from "./scratch-pgbouncer.ts";
import { until } from "./until.ts";

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
