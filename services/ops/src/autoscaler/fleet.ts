import type { PgbouncerConsole, ViewRow } from "@sluice/pgbouncer";
import type { Effector } from "./effector.ts";
import type { AliasSample } from "./sample.ts";

/** One process of PgBouncer: its console, and how its pool sizes are changed. */
export interface PgbouncerProcess {
  readonly console: Pick<PgbouncerConsole, "show" | "reconnect">;
  /** Without one, changes are only talked about. */
  readonly effector: Effector | undefined;
}

/** What the processes that answer show of each alias. @throws Error when none does */
export async function sampleAliases(
  processes: readonly PgbouncerProcess[],
): Promise<Record<string, AliasSample>> {
  const views = await heard(processes, async ({ console }) => ({
    databases: await console.show("databases"),
    pools: await console.show("pools"),
  }));
  const samples: Record<string, AliasSample> = {};
  for (const { databases, pools } of views) {
    for (const database of databases) {
      const { name } = database;
      if (name === null || name === "pgbouncer") continue;
      const one = sampleOf(
        database,
        pools.filter((pool) => pool.database === name),
      );
      samples[name] = samples[name] === undefined ? one : joined(samples[name], one);
    }
  }
  return samples;
}

function sampleOf(
  { pool_size, reserve_pool_size }: ViewRow<"databases">,
  pools: readonly ViewRow<"pools">[],
): AliasSample {
  const sum = (of: (pool: ViewRow<"pools">) => number | null): number =>
    pools.reduce((total, pool) => total + (of(pool) ?? 0), 0);
  const waits = pools.map(
    ({ maxwait, maxwait_us }) => (maxwait ?? 0) * 1e3 + (maxwait_us ?? 0) / 1e3,
  );
  const active = sum((pool) => pool.sv_active);
  const login = sum((pool) => pool.sv_login);
  return {
    poolSize: pool_size ?? 0,
    reserve: reserve_pool_size ?? 0,
    processes: 1,
    uniform: true,
    waiting: sum((pool) => pool.cl_waiting),
    maxWaitMs: Math.max(0, ...waits),
    active,
    login,
    servers:
      active +
      login +
      sum((pool) => (pool.sv_idle ?? 0) + (pool.sv_used ?? 0) + (pool.sv_tested ?? 0)),
  };
}

/** Of processes that disagree on the size, the larger one counts: it is what the budget has to bear. */
function joined(a: AliasSample, b: AliasSample): AliasSample {
  return {
    poolSize: Math.max(a.poolSize, b.poolSize),
    reserve: Math.max(a.reserve, b.reserve),
    processes: a.processes + b.processes,
    uniform: a.uniform && b.uniform && a.poolSize === b.poolSize,
    waiting: a.waiting + b.waiting,
    maxWaitMs: Math.max(a.maxWaitMs, b.maxWaitMs),
    active: a.active + b.active,
    login: a.login + b.login,
    servers: a.servers + b.servers,
  };
}

/** The size of an alias in each process that answers; undefined where there is no such alias. @throws Error when none does */
export function sizesOf(
  processes: readonly PgbouncerProcess[],
  alias: string,
): Promise<(number | undefined)[]> {
  return heard(processes, async ({ console }) => {
    const databases = await console.show("databases");
    return databases.find(({ name }) => name === alias)?.pool_size ?? undefined;
  });
}

/** One process that is down keeps nobody from looking after the others. */
async function heard<T>(
  processes: readonly PgbouncerProcess[],
  look: (process: PgbouncerProcess) => Promise<T>,
): Promise<T[]> {
  const looks = await Promise.allSettled(processes.map(look));
  const answers = looks.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const failure = looks.find((each) => each.status === "rejected");
  if (answers.length === 0 && failure !== undefined) throw failure.reason as Error;
  return answers;
}
