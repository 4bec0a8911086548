import { readFileSync } from "node:fs";
import { PgbouncerConsole } from "@sluice/pgbouncer";
import { readStack } from "@sluice/testing";
import type postgres from "postgres";
import { until } from "../../integration/until.ts";
import { mostConnections } from "../../soak/server-connections.ts";
import { treeMemory } from "../../soak/census.ts";
import type { Outcome } from "./plan.ts";
import type { Platform } from "./platforms.ts";

const SETTLE_MS = 60_000;

/** What a platform did in a window, and what it cost. */
export interface Observed extends Outcome {
  /** The most at any sample of 100 ms, all roles together. */
  readonly serverConnections: number;
  readonly postgresMib: number;
  /** Of all CPU time of the machine, the part spent in the kernel. */
  readonly systemShare: number;
  /** Milliseconds that transactions waited in PgBouncer for a server connection, on average. */
  readonly poolerWait: number;
  /** Of the transactions through PgBouncer, the part that found an open server connection. */
  readonly reuse: number;
}

/** Runs a window, once the one before has left nothing to do, and looks at the machine meanwhile. */
export async function observe(
  platform: Platform,
  { jobs, seconds, superuser }: { jobs: number; seconds: number; superuser: postgres.Sql },
): Promise<Observed> {
  await until("PostgreSQL is idle", () => isIdle(superuser), SETTLE_MS);
  const before = { cpu: cpuTimes(), pooler: await poolerTotals() };
  const running = platform.run(jobs, seconds);
  const memory = sampleMemory(running);
  const [outcome, connections] = await Promise.all([running, mostConnections(superuser, running)]);
  const [cpu, pooler] = [cpuTimes(), await poolerTotals()];
  const most = [...connections.values()].reduce((sum, count) => sum + count, 0);
  const transactions = pooler.transactions - before.pooler.transactions;
  return {
    ...outcome,
    serverConnections: most,
    postgresMib: await memory,
    systemShare: (cpu.system - before.cpu.system) / (cpu.all - before.cpu.all),
    poolerWait: (pooler.waitMs - before.pooler.waitMs) / transactions,
    reuse: Math.max(0, 1 - most / transactions),
  };
}

/** No client has a statement or a transaction under way, and no table is being vacuumed. */
async function isIdle(superuser: postgres.Sql): Promise<boolean> {
  const [row] = await superuser<{ busy: number }[]>`
    select count(*)::int4 as busy from pg_stat_activity
    where pid <> pg_backend_pid() and state <> 'idle' and backend_type in ('client backend', 'autovacuum worker')`;
  return row!.busy === 0;
}

/** The most that PostgreSQL took at a time. */
async function sampleMemory(running: Promise<unknown>): Promise<number> {
  let most = 0;
  const timer = setInterval(
    () => (most = Math.max(most, treeMemory(readStack().postgres.pid))),
    1_000,
  );
  await running.finally(() => clearInterval(timer));
  return most;
}

/** Of the whole machine, in ticks. */
function cpuTimes(): { system: number; all: number } {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1);
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return { system: system + irq + soft, all: user + nice + system + idle + wait + irq + soft };
}

/** Over all aliases. */
async function poolerTotals(): Promise<{ transactions: number; waitMs: number }> {
  const pooler = new PgbouncerConsole({ url: readStack().pgbouncer.admin_url });
  try {
    const stats = await pooler.show("stats_totals");
    return {
      transactions: stats.reduce((sum, row) => sum + (row.xact_count ?? 0), 0),
      waitMs: stats.reduce((sum, row) => sum + (row.wait_time ?? 0) / 1_000, 0),
    };
  } finally {
    await pooler.close();
  }
}
