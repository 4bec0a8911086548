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
  try {
    return await readBack(deps.processes, change, await applyToAll(deps, change));
  } catch (error) {
    const outcome =
      error instanceof SupersededError || error instanceof LeaseLostError ? "abandoned" : "failed";
    return unchanged(outcome, null, `${(error as Error).message}; ${change.detail}`);
  }
}

/**
 * Also where a process before it did not take it: it takes the size with its next look at the file, or as drift.
 * @returns why, of each process that did not take it
 * @throws what the only, or the last of all, said against it; SupersededError, LeaseLostError
 */
async function applyToAll(
  { lease, processes }: ChangeDeps,
  { alias, to }: PoolChange,
): Promise<Error[]> {
  const failures: Error[] = [];
  for (const { effector } of processes) {
    lease.assertHeld(LEAST_LEASE_MS);
    await effector?.apply(alias, to, lease.term).catch((error: Error) => {
      if (error instanceof SupersededError) throw error;
      failures.push(error);
    });
  }
  if (failures.length === processes.length && failures[0] !== undefined) throw failures[0];
  return failures;
}

/**
 * SET and RELOAD are answered well also when they change nothing: what counts is what PgBouncer shows. Where a process
 * did not take it, the size is wanted all the same, and put there as soon as the process answers.
 */
async function readBack(
  processes: readonly PgbouncerProcess[],
  change: PoolChange,
  failures: readonly Error[],
): Promise<Ending> {
  const { alias, to, configured, detail } = change;
  const sizes = await sizesOf(processes, alias);
  const wrong = sizes.find((size) => size !== to);
  if (failures.length === 0 && (wrong !== undefined || sizes.includes(undefined)))
    return unchanged(
      "failed",
      wrong ?? null,
      `PgBouncer shows ${wrong ?? "no such alias"} instead of ${to}; ${detail}`,
    );
  const lasting = configured === undefined ? null : { poolSize: to, configured };
  const seen = await converge(processes, change);
  const isOver = seen.servers > mostServers(seen, change);
  const common = { readBack: wrong ?? to, servers: seen.servers, lasting };
  if (failures.length === 0)
    return { outcome: isOver ? "not_converged" : "applied", detail, ...common };
  const why = `${failures.length} of ${processes.length} PgBouncers did not take it (${failures[0]!.message}); ${detail}`;
  return { outcome: "not_converged", detail: why, ...common };
}

function unchanged(outcome: "failed" | "abandoned", size: number | null, detail: string): Ending {
  return { outcome, readBack: size, servers: null, detail, lasting: null };
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
      await Promise.allSettled(processes.map(({ console }) => console.reconnect(change.alias)));
    }
    await sleep(LOOK_MS);
  }
}

function mostServers({ processes, reserve }: AliasSample, { to }: PoolChange): number {
  return (to + reserve) * processes;
}
