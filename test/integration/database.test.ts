import { createServer } from "node:net";
import { openDatabase } from "@sluice/db";
import { createLogger, createRegistry, runInContext } from "@sluice/telemetry";
import { loadWorkloads, selectProfile } from "@sluice/workloads";
import { type RawBuilder, sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, openSuperuser, openTestDatabase } from "./open-database.ts";
import { until } from "./until.ts";

const superuser = openSuperuser();
let db: TestDatabase;

beforeAll(async () => {
  await superuser.unsafe(`
    create schema if not exists database_test;
    drop table if exists database_test.accounts;
    create table database_test.accounts (id int primary key, balance int not null);
    insert into database_test.accounts values (1, 100), (2, 100);
    grant usage on schema database_test to sluice_feature;
    grant select, insert, update on database_test.accounts to sluice_feature`);
  db = await openTestDatabase();
});

afterAll(async () => {
  await db.close();
  await superuser.unsafe("drop schema database_test cascade");
  await superuser.end({ timeout: 1 });
});

/** Ends the backends that run `marker`, as a crash or an operator would. */
async function terminate(marker: string): Promise<void> {
  await until(`a backend runs ${marker}`, async () => {
    const ended = await superuser`
      select pg_terminate_backend(pid) from pg_stat_activity
      where query like ${`%${marker}%`} and usename = 'sluice_feature' and state <> 'idle'`;
    return ended.length > 0;
  });
}

async function running(marker: string): Promise<number> {
  const [row] = await superuser<{ count: number }[]>`
    select count(*)::int4 as count from pg_stat_activity
    where query like ${`%${marker}%`} and usename = 'sluice_feature' and state = 'active'`;
  return row!.count;
}

test("values cross unchanged", async () => {
  const query = sql`
    select 9223372036854775807::int8 as big, ${['a"b\\c', null, ""]}::text[] as texts, ${[true, false]}::bool[] as flags,
      ${'{"x": 1.5}'}::jsonb as document, ${Buffer.from([0, 255])}::bytea as bytes,
      timestamptz '2026-01-02 03:04:05.000006+01' as moment, 0.1::float8 as number`;
  expect(await db.run("test.values", query)).toEqual([
    {
      big: "9223372036854775807",
      texts: ['a"b\\c', null, ""],
      flags: [true, false],
      document: { x: 1.5 },
      bytes: Buffer.from([0, 255]),
      moment: "2026-01-02T02:04:05.000006Z",
      number: 0.1,
    },
  ]);
});

test("a query executed past run() is refused: it would have no name and no deadline", async () => {
  await expect(sql`select 1`.execute(db.builder)).rejects.toThrow("Database.run");
});

test("a caller that leaves has its statement cancelled on the server, and the slot serves on", async () => {
  const caller = new AbortController();
  const context = { requestId: "r", signal: caller.signal };
  const statement = runInContext(context, () =>
    db.run("test.sleep", sql`select pg_sleep(30), 'left-alone'`),
  );
  await until("the statement runs", async () => (await running("left-alone")) === 1);
  caller.abort();
  await expect(statement).rejects.toMatchObject({ code: "CLIENT_CLOSED_REQUEST" });
  await until("the server has stopped it", async () => (await running("left-alone")) === 0, 10_000);
  await until("the slot is back", () => db.status().active === 0);
  expect(await db.run("test.next", sql`select 1 as one`)).toEqual([{ one: 1 }]);
});

test("a deadline ends a statement without a signal, on time and on the server", async () => {
  const deadline = performance.now() + 300;
  const query = sql`select pg_sleep(30), 'out-of-time'`;
  await expect(db.run("test.late", query, { deadline })).rejects.toMatchObject({
    code: "DEADLINE_EXCEEDED",
  });
  // By far before the statement's own end, on a busy machine too.
  expect(performance.now() - deadline).toBeLessThan(1_000);
  await until(
    "the server has stopped it",
    async () => (await running("out-of-time")) === 0,
    10_000,
  );
  await until("the slot is back", () => db.status().active === 0);
  const late = db.run("test.too_late", sql`select 1`, { deadline });
  await expect(late).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
});

test("a parameter that can't be sent is refused, and leaves nothing behind", async () => {
  const caller = new AbortController();
  const { signal } = caller;
  for (const value of [undefined, [[1]], new Date(Number.NaN)])
    await expect(db.run("test.bad", sql`select ${value}::text`, { signal })).rejects.toThrow();
  const others = Array.from({ length: 6 }, () => db.run("test.other", sql`select pg_sleep(0.1)`));
  caller.abort(); // once cancelled whatever the slot of the bad statement ran by then
  await Promise.all(others);
});

test("a slot whose statement had too many parameters does not spoil the next one", async () => {
  await using single = await openTestDatabase("feature", { base: 1, overflow: 0 });
  const many = (count: number): RawBuilder<unknown> =>
    sql`select 1 as one where '1' in (${sql.join(Array.from({ length: count }, (_, i) => `${i}`))})`;
  await expect(single.run("test.many", many(70_000))).rejects.toMatchObject({
    code: "MAX_PARAMETERS_EXCEEDED",
  });
  expect(await single.run("test.many", many(60_000))).toEqual([{ one: 1 }]);
});

test("a statement over the role's statement_timeout says so", async () => {
  await using monitor = await openTestDatabase("monitor");
  const statement = monitor.run("test.slow", sql`select pg_sleep(30)`);
  await expect(statement).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
});

test("what the server says of a statement stays as it is", async () => {
  await expect(db.run("test.division", sql`select 1/0`)).rejects.toMatchObject({ code: "22012" });
});

test("an idempotent statement whose backend dies is repeated", async () => {
  const query = sql`select 'survivor' as name, pg_sleep(0.5)`;
  const statement = db.run("test.idempotent", query, { idempotent: true });
  await terminate("survivor");
  expect(await statement).toMatchObject([{ name: "survivor" }]);
});

test("any other statement whose backend dies is not repeated, and its outcome is called unknown", async () => {
  const statement = db.run("test.write", sql`select 'once-only', pg_sleep(5)`);
  const [outcome] = await Promise.allSettled([statement, terminate("once-only")]);
  expect(outcome).toMatchObject({
    status: "rejected",
    reason: {
      code: "DATABASE_UNAVAILABLE",
      message: expect.stringContaining("may or may not") as unknown,
    },
  });
  expect(await running("once-only")).toBe(0);
});

test("a transaction whose backend dies before commit is done again from the start, once", async () => {
  let attempts = 0;
  await db.transaction("test.transfer", async (tx) => {
    attempts += 1;
    await tx.run(
      "test.debit",
      sql`update database_test.accounts set balance = balance - 10 where id = 1`,
    );
    if (attempts === 1)
      await superuser`
      select pg_terminate_backend(pid) from pg_stat_activity
      where usename = 'sluice_feature' and state = 'idle in transaction'`;
    await tx.run(
      "test.credit",
      sql`update database_test.accounts set balance = balance + 10 where id = 2`,
    );
  });
  expect(attempts).toBe(2);
  expect(await superuser`select id, balance from database_test.accounts order by id`).toEqual([
    { id: 1, balance: 90 },
    { id: 2, balance: 110 },
  ]);
});

test("two transactions that deadlock both commit in the end", async () => {
  const meet = Promise.withResolvers<void>();
  let inside = 0;
  const transfer = (from: number, to: number): Promise<void> =>
    db.transaction("test.deadlock", async (tx) => {
      await tx.run(
        "test.first",
        sql`update database_test.accounts set balance = balance - 1 where id = ${from}`,
      );
      if (++inside === 2) meet.resolve();
      await meet.promise;
      await tx.run(
        "test.second",
        sql`update database_test.accounts set balance = balance + 1 where id = ${to}`,
      );
    });
  const before = await superuser`select id, balance from database_test.accounts order by id`;
  await Promise.all([transfer(1, 2), transfer(2, 1)]);
  expect(inside).toBeGreaterThan(2);
  expect(await superuser`select id, balance from database_test.accounts order by id`).toEqual([
    ...before,
  ]);
});

test("a transaction with a failed statement can't look committed", async () => {
  const transaction = db.transaction("test.swallowed", async (tx) => {
    await tx.run("test.division", sql`select 1/0`).catch(() => undefined);
  });
  await expect(transaction).rejects.toThrow("rolled back");
  expect(db.status().active).toBe(0);
});

test("a statement that is queued behind the failure of its transaction never runs", async () => {
  const queued: Promise<unknown>[] = [];
  const transaction = db.transaction("test.thrown", async (tx) => {
    for (const query of [
      sql`select pg_sleep(0.1)`,
      sql`insert into database_test.accounts values (3, 0)`,
    ])
      queued.push(tx.run("test.queued", query));
    void Promise.allSettled(queued);
    await Promise.reject(new Error("no query's fault"));
  });
  await expect(transaction).rejects.toThrow("no query's fault");
  await Promise.allSettled(queued);
  expect(await superuser`select 1 from database_test.accounts where id = 3`).toHaveLength(0);
});

test("a transaction whose caller leaves is rolled back", async () => {
  const caller = new AbortController();
  const transaction = db.transaction(
    "test.left",
    async (tx) => {
      await tx.run("test.update", sql`update database_test.accounts set balance = 0`);
      caller.abort();
      await tx.run("test.never", sql`select pg_sleep(30)`);
    },
    { signal: caller.signal },
  );
  await expect(transaction).rejects.toMatchObject({ code: "CLIENT_CLOSED_REQUEST" });
  await until("the slot is back", () => db.status().active === 0);
  expect(await superuser`select 1 from database_test.accounts where balance = 0`).toHaveLength(0);
});

test("a saturated workload leaves the others as they were", async () => {
  await using training = await openTestDatabase("training");
  const caller = new AbortController();
  const busy = Array.from({ length: 50 }, () =>
    training
      .run("test.busy", sql`select pg_sleep(30)`, { signal: caller.signal })
      .catch(() => undefined),
  );
  await until("training waits", () => training.status().waiting > 0);
  await using monitor = await openTestDatabase("monitor");
  expect(await monitor.run("test.look", sql`select 1 as one`)).toEqual([{ one: 1 }]);
  expect(await db.run("test.look", sql`select 1 as one`)).toEqual([{ one: 1 }]);
  expect(training.status().waiting).toBeGreaterThan(0);
  caller.abort();
  await Promise.all(busy);
});

test("a role without its time-outs is refused, with the setting", async () => {
  await expect(openTestDatabase("feature", { statement_timeout_ms: 1_234 })).rejects.toThrow(
    /sluice_feature: statement_timeout is 5000 instead of 1234/,
  );
});

test("a pooler that hangs up at once is told from a full pool, and does not spin", async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  let connections = 0;
  server.on("connection", () => (connections += 1));
  const opening = openDatabase({
    url: `postgres://nobody@127.0.0.1:${port}/nothing`,
    workload: "feature",
    settings: selectProfile(loadWorkloads(), "local").workloads.feature,
    service: "test",
    registry: createRegistry("test"),
    logger: createLogger({ service: "test", level: "silent" }),
  });
  await expect(opening).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
  expect(connections).toBeLessThan(1_000);
  server.close();
});

test("a statement that failed after some of its rows leaves none of them to the next", async () => {
  await using one = await openTestDatabase("feature", { base: 1, overflow: 0 });
  const failing = sql`select 1 / (5 - g) as quotient from generate_series(1, 10) as g`;
  await expect(one.run("test.halfway", failing)).rejects.toMatchObject({ code: "22012" });
  expect(await one.run("test.next", sql`select 1 as one`)).toEqual([{ one: 1 }]);
});
