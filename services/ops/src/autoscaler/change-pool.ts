import { setTimeout as sleep } from "node:timers/promises";
import { type Lease, LeaseLostError } from "../leader/lease.ts";
import { type PgbouncerProcess, sampleAliases, sizesOf } from "./fleet.ts";
import type { Decision } from "./decision.ts";
import { closeIntent, type Ending, openIntent, type Queryable } from "./queries.ts";
import type { AliasSample } from "./sample.ts";
import { SupersededError } from "@sluice/pgbouncer";

export interface ChangeDeps {
  readonly db: Queryable;
  readonly lease: Lease;
  readonly processes: readonly PgbouncerProcess[];
}

export interface PoolChange extends Decision {
  readonly actor: string;
  /** The profile's size, when the new one is to last; undefined for a trial, or to restore what is wanted. */
  readonly configured?: number | undefined;
}

/** Time left of the lease with which a change may still begin: a file, a RELOAD and a look take milliseconds. */
const LEAST_LEASE_MS = 1_000;
/** Within which a pool has to have no more connections than it may. */
const CONVERGE_MS = 2_000;
/** PgBouncer closes idle connections by itself at each of its rounds, three a second. */
const HOUSEKEEPING_MS = 700;
const LOOK_MS = 50;

/**
 * Changes one alias in the given processes: the intention is written down, the change made, read back, and waited for.
 * Whoever dies in between leaves the intention, which the next leader settles.
 * @throws LeaseLostError, PostgresError 23505 when another change is in flight
 */
export async function changePool(deps: ChangeDeps, change: PoolChange): Promise<Ending> {
  const { db, lease } = deps;
  const eventId = await openIntent(db, lease, change, change.actor);
  if (eventId === undefined) throw new LeaseLostError(`term ${lease.term} is over`);
  const ending = await makeChange(deps, change);
  await closeIntent(db, eventId, ending);
  return ending;
}

async function makeChange(deps: ChangeDeps, change: PoolChange): Promise<Ending> {
  const { lease, processes } = deps;
  const { alias, to, detail } = change;
  try {
    for (const { effector } of processes) {
      lease.assertHeld(LEAST_LEASE_MS);
      await effector?.apply(alias, to, lease.term);
    }
    return await readBack(processes, change);
  } catch (error) {
    const outcome =
      error instanceof SupersededError || error instanceof LeaseLostError ? "abandoned" : "failed";
    const why = `${(error as Error).message}; ${detail}`;
    return { outcome, readBack: null, servers: null, detail: why, lasting: null };
  }
}

/** SET and RELOAD are answered well also when they change nothing: what counts is what PgBouncer shows. */
async function readBack(
  processes: readonly PgbouncerProcess[],
  change: PoolChange,
): Promise<Ending> {
  const { alias, to, configured, detail } = change;
  const sizes = await sizesOf(processes, alias);
  const wrong = sizes.find((size) => size !== to);
  if (wrong !== undefined || sizes.includes(undefined)) {
    const why = `PgBouncer shows ${wrong ?? "no such alias"} instead of ${to}; ${detail}`;
    return {
      outcome: "failed",
      readBack: wrong ?? null,
      servers: null,
      detail: why,
      lasting: null,
    };
  }
  const lasting = configured === undefined ? null : { poolSize: to, configured };
  const seen = await converge(processes, change);
  const isOver = seen.servers > mostServers(seen, change);
  const outcome = isOver ? "not_converged" : "applied";
  return { outcome, readBack: to, servers: seen.servers, detail, lasting };
}

/**
 * Waits until no more connections are open than the pool may have. PgBouncer closes idle ones only: while clients wait
 * each connection goes from one to the next, and a smaller pool would never come. RECONNECT closes each as its
 * transaction ends, and loses no query, unless one is logging in: PgBouncer closes that one at once, takes it for a
 * server that lets nobody in, and drops the clients that come while no other is open. A pool with more connections than
 * it may have opens none, so that once there is no login there is none.
 */
async function converge(
  processes: readonly PgbouncerProcess[],
  change: PoolChange,
): Promise<AliasSample> {
  const startedAt = performance.now();
  let reconnected = false;
  for (;;) {
    const seen = (await sampleAliases(processes))[change.alias]!;
    const elapsed = performance.now() - startedAt;
    if (seen.servers <= mostServers(seen, change) || elapsed > CONVERGE_MS) return seen;
    const isStuck = seen.waiting > 0 || elapsed > HOUSEKEEPING_MS;
    if (!reconnected && isStuck && seen.login === 0) {
      reconnected = true;
      await Promise.all(processes.map(({ console }) => console.reconnect(change.alias)));
    }
    await sleep(LOOK_MS);
  }
}

function mostServers({ processes, reserve }: AliasSample, { to }: PoolChange): number {
  return (to + reserve) * processes;
}
