import type { LocksAnswer } from "@sluice/ops/database/schemas";
import { sql } from "kysely";
import postgres from "postgres";
import { readStack } from "@sluice/testing";
import type { Static } from "typebox";
import { expect, onTestFinished, test } from "vitest";
import { openSuperuser, openTestDatabase } from "./open-database.ts";
import { uniqueName } from "./ops-api.ts";
import { look } from "./ops-layers.ts";
import { until } from "./until.ts";

type LockWait = Static<typeof LocksAnswer>["items"][number];

/** The trees that one of these sessions is in. */
async function treesOf(pids: readonly number[]): Promise<LockWait[]> {
  const { items } = await look("locks");
  const roots = new Set(items.filter(({ pid }) => pids.includes(pid)).map((item) => item.root_pid));
  return items.filter(({ root_pid }) => roots.has(root_pid));
}

test("a chain of a workload's sessions is shown as it stands, with sources and statements", async () => {
  await using database = await openTestDatabase("training", { base: 3, overflow: 0 });
  const [first, second] = [uniqueName(), uniqueName()];
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  /** Takes its own lock, if any, and then waits for that of the one before. */
  const session = (own: string | null, awaited: string | null) => {
    const { promise: pid, resolve: isIn } = Promise.withResolvers<number>();
    const ended = database.transaction("test.chain", async (tx) => {
      const [row] = await tx.run(
        "test.pid",
        sql<{ pid: number }>`
        select pg_backend_pid() as pid, pg_advisory_xact_lock(hashtext(${own ?? uniqueName()}))::text`,
      );
      isIn(row!.pid);
      if (awaited === null) await held;
      else
        await tx.run(
          "test.wait",
          sql`select pg_advisory_xact_lock(hashtext(${awaited}))::text as waits`,
        );
    });
    return { pid, ended };
  };
  const sessions = [];
  try {
    for (const [own, awaited] of [
      [first, null],
      [second, first],
      [null, second],
    ] as const) {
      const next = session(own, awaited);
      await next.pid;
      sessions.push(next);
    }
    const pids = await Promise.all(sessions.map(({ pid }) => pid));
    await until("the chain is seen", async () => (await treesOf(pids)).length === 3);
    const chain = await treesOf(pids);
    expect(chain).toMatchObject([
      { depth: 0, pid: pids[0], blocked_by: [], lock_type: null, state: "idle in transaction" },
      { depth: 1, pid: pids[1], blocked_by: [pids[0]], lock_type: "advisory", state: "active" },
      { depth: 2, pid: pids[2], blocked_by: [pids[1]], lock_type: "advisory", state: "active" },
    ]);
    for (const wait of chain) {
      expect(wait).toMatchObject({
        root_pid: pids[0],
        role: "sluice_training",
        workload: "training",
        application: "test/training",
        client_address: "127.0.0.1",
      });
    }
    expect(chain[1]).toMatchObject({
      statement: expect.stringContaining("as waits"),
      waiting_seconds: expect.any(Number),
    });
  } finally {
    release();
    await Promise.all(sessions.map(({ ended }) => ended));
  }
  const pids = await Promise.all(sessions.map(({ pid }) => pid));
  await until("it is over", async () => (await treesOf(pids)).length === 0);
});

test("many that queue for one row are a tree of as many, and two tables' waiters are two", async () => {
  await using superuser = openSuperuser();
  const table = uniqueName().replace("-", "_");
  await superuser.unsafe(`create table public.${table} (id int primary key)`);
  await superuser.unsafe(`create table public.${table}_2 ()`);
  await superuser.unsafe(`insert into public.${table} values (1)`);
  const connect = (): postgres.Sql => {
    const client = postgres(readStack().postgres.url, { max: 1, onnotice: () => {} });
    onTestFinished(() => client.end({ timeout: 1 }));
    return client;
  };
  const [holder, ...waiters] = Array.from({ length: 12 }, connect);
  const pidOf = async (client: postgres.Sql): Promise<number> =>
    (await client`select pg_backend_pid() as pid`)[0]!["pid"];
  const pids = [await pidOf(holder!)];
  await holder!.unsafe(`begin; update public.${table} set id = 1`);
  const waiting = [];
  for (const waiter of waiters) {
    pids.push(await pidOf(waiter));
    waiting.push(waiter.unsafe(`update public.${table} set id = 1`).execute());
  }
  await until("all are seen", async () => (await treesOf(pids)).length === pids.length, 60_000);
  const tree = await treesOf(pids);
  expect(tree[0]).toMatchObject({ pid: pids[0], depth: 0 });
  expect(new Set(tree.map(({ pid }) => pid))).toEqual(new Set(pids));
  expect(tree.slice(1).every(({ statement }) => String(statement).includes(table))).toBe(true);

  const other = connect();
  const reader = connect();
  const reading = [await pidOf(other), await pidOf(reader)];
  await other.unsafe(`begin; lock table public.${table}_2`);
  waiting.push(reader.unsafe(`select from public.${table}_2`).execute());
  await until("the other two are seen", async () => (await treesOf(reading)).length === 2);
  expect(await treesOf(reading)).toMatchObject([
    { pid: reading[0], depth: 0 },
    { pid: reading[1], depth: 1, lock_mode: "AccessShareLock", relation: `public.${table}_2` },
  ]);
  await holder!.unsafe("commit");
  await other.unsafe("commit");
  await Promise.all(waiting);
  await superuser.unsafe(`drop table public.${table}, public.${table}_2`);
});
