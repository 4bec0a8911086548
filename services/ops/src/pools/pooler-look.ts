import type { ViewRow } from "@sluice/pgbouncer";
import type { Profile } from "@sluice/workloads";
import { ratePerSecond, ratio } from "../samples/rate.ts";
import { type Pooler, workloadOf } from "./pooler.ts";

/** One pool of one PgBouncer: an alias and the role that uses it. Names of servers' and clients' states are PgBouncer's. */
export interface Pool {
  readonly pooler: string;
  readonly alias: string;
  readonly role: string;
  readonly workload: string | null;
  readonly pool_size: number;
  readonly reserve_pool_size: number;
  readonly clients_active: number;
  readonly clients_waiting: number;
  readonly servers_active: number;
  readonly servers_idle: number;
  readonly servers_used: number;
  readonly servers_tested: number;
  readonly servers_login: number;
  /** How long the first client in the queue has waited. */
  readonly longest_wait_seconds: number;
  readonly paused: boolean;
  readonly disabled: boolean;
  /** These since the last look; null when that is not known. */
  readonly transactions_per_second: number | null;
  readonly mean_transaction_ms: number | null;
  /** Of the clients that got a server: it stands still while nobody gets one. */
  readonly mean_wait_ms: number | null;
}

/** One PgBouncer at one moment. */
export interface PoolerState {
  readonly name: string;
  /** Why it was not heard; null when it was. */
  readonly error: string | null;
  /** Connections of clients, consoles included. */
  readonly clients: number;
  readonly totals: ReadonlyMap<string, ViewRow<"stats_totals">>;
  readonly aliases: readonly ViewRow<"databases">[];
  /** When `aliases` and `clients` were read: `performance.now()` milliseconds. */
  readonly readAt: number;
}

/** What changes by somebody's hand is not looked at with every look: a question is most of what a look costs. */
const ALIASES_EVERY_MS = 4_500;

/** @param seconds since `before` */
export async function lookAtPooler(
  { name, console }: Pooler,
  profile: Profile,
  before: PoolerState | undefined,
  seconds: number,
): Promise<{ state: PoolerState; pools: Pool[] }> {
  const [pools, totals, slow] = await Promise.all([
    console.show("pools"),
    console.show("stats_totals"),
    isFresh(before) ? before : readAliases(console),
  ]);
  const byAlias = new Map(totals.map((row) => [row.database ?? "", row]));
  const own = pools.filter(({ database }) => database !== "pgbouncer");
  const { aliases, clients, readAt } = slow;
  return {
    state: { name, error: null, clients, totals: byAlias, aliases, readAt },
    pools: own.map((pool) => ({
      pooler: name,
      workload: workloadOf(profile, pool.database),
      ...describePool(pool),
      ...describeAlias(aliases.find((row) => row.name === pool.database)),
      ...describeTraffic(
        byAlias.get(pool.database ?? ""),
        before?.totals.get(pool.database ?? ""),
        seconds,
      ),
    })),
  };
}

function isFresh(before: PoolerState | undefined): before is PoolerState {
  return before?.error === null && performance.now() - before.readAt < ALIASES_EVERY_MS;
}

async function readAliases(console: Pooler["console"]) {
  const [aliases, lists] = await Promise.all([console.show("databases"), console.show("lists")]);
  const clients = lists.find(({ list }) => list === "used_clients")?.items ?? 0;
  return { aliases, clients, readAt: performance.now() };
}

function describePool(pool: ViewRow<"pools">) {
  return {
    alias: pool.database ?? "",
    role: pool.user ?? "",
    clients_active: pool.cl_active ?? 0,
    clients_waiting: pool.cl_waiting ?? 0,
    servers_active: pool.sv_active ?? 0,
    servers_idle: pool.sv_idle ?? 0,
    servers_used: pool.sv_used ?? 0,
    servers_tested: pool.sv_tested ?? 0,
    servers_login: pool.sv_login ?? 0,
    longest_wait_seconds: (pool.maxwait ?? 0) + (pool.maxwait_us ?? 0) / 1e6,
  };
}

function describeAlias(alias: ViewRow<"databases"> | undefined) {
  return {
    pool_size: alias?.pool_size ?? 0,
    reserve_pool_size: alias?.reserve_pool_size ?? 0,
    paused: alias?.paused === 1,
    disabled: alias?.disabled === 1,
  };
}

/** PgBouncer's own averages move once a minute; its totals move at once. Their times are microseconds. */
function describeTraffic(
  now: ViewRow<"stats_totals"> | undefined,
  before: ViewRow<"stats_totals"> | undefined,
  seconds: number,
) {
  const rate = (column: "xact_count" | "xact_time" | "wait_time"): number | null =>
    ratePerSecond(now?.[column] ?? null, before?.[column], seconds);
  const transactions = rate("xact_count");
  const milliseconds = (time: number | null): number | null =>
    ratio(time === null ? null : time / 1_000, transactions);
  return {
    transactions_per_second: transactions,
    mean_transaction_ms: milliseconds(rate("xact_time")),
    mean_wait_ms: milliseconds(rate("wait_time")),
  };
}
