import { Autoscaler, type AutoscalerOptions } from "@sluice/ops/autoscaler/autoscaler";
import type { Decision } from "@sluice/ops/autoscaler/decision";
import { fileEffector } from "@sluice/ops/autoscaler/effector";
import { DEFAULT_POLICY } from "@sluice/ops/autoscaler/policy";
import { scalingMeter } from "@sluice/ops/autoscaler/scaling-metrics";
import { createLogger, createRegistry } from "@sluice/telemetry";
import { openScratchDatabase, type ScratchDatabase } from "@sluice/testing";
import { loadWorkloads, type Profile, selectProfile, WORKLOADS } from "@sluice/workloads";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { type ScratchPgbouncer, startScratchPgbouncer } from "./scratch-pgbouncer.ts";
import { until } from "./until.ts";

export const ALIAS = "sluice_feature";
const logger = createLogger({ service: "test", level: "silent" });
/** The constants that the product runs with, and no pauses: the tests call the ticks. */
const POLICY = { ...DEFAULT_POLICY, shrinkAfter: 20, growCooldownMs: 0, shrinkCooldownMs: 0 };
export const profile = wideProfile();

/** Before each test: nothing decided, no leader, and a PgBouncer as the profile says. */
export let database: ScratchDatabase;
export let superuser: postgres.Sql;
export let pooler: ScratchPgbouncer;

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

/** An instance of ops over that PgBouncer. */
export function autoscaler(more: Partial<AutoscalerOptions> = {}): Autoscaler {
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

export const poolSize = async (): Promise<number | null | undefined> =>
  (await pooler.console.show("databases")).find(({ name }) => name === ALIAS)?.pool_size;
export const servers = async (): Promise<number> => {
  const pool = (await pooler.console.show("pools")).find((each) => each.database === ALIAS);
  return (
    (pool?.sv_active ?? 0) + (pool?.sv_idle ?? 0) + (pool?.sv_used ?? 0) + (pool?.sv_tested ?? 0)
  );
};
export const logins = async (): Promise<number> =>
  (await pooler.console.show("pools")).find((each) => each.database === ALIAS)?.sv_login ?? 0;
export const waits = async (): Promise<boolean> =>
  ((await pooler.console.show("pools")).find((each) => each.database === ALIAS)?.cl_waiting ?? 0) >
  0;
export const events = (outcome: string) => superuser`
  select alias, action, reason, size_before, size_asked, size_read_back, servers_after, actor, term, repeats
  from ops.scaling_events where outcome = ${outcome} order by event_id`;
export const ofAlias = (decisions: readonly Decision[] | undefined): Decision | undefined =>
  decisions?.find(({ alias }) => alias === ALIAS);

/** Ticks until it decides something, as clients come and go between two looks. */
export async function tickUntil(scaler: Autoscaler, action: Decision["action"]): Promise<Decision> {
  let decision: Decision | undefined;
  await until(`the autoscaler decides to ${action}`, async () => {
    decision = ofAlias(await scaler.tick());
    return decision?.action === action;
  });
  return decision!;
}
