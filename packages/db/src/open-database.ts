import type { Logger } from "@sluice/telemetry";
import type { WorkloadName, WorkloadSettings } from "@sluice/workloads";
import { Kysely, sql } from "kysely";
import type { Registry } from "prom-client";
import { Circuit } from "./circuit.ts";
import { type Database, PooledDatabase } from "./database.ts";
import { Gate, type GateLimits, type GateStatus } from "./gate.ts";
import { gateDialect } from "./kysely-driver.ts";
import { type PoolMeter, PoolMetrics } from "./metrics.ts";
import { detectPooler } from "./pooler.ts";
import { assertRoleSettings } from "./role-check.ts";
import { Slot } from "./slot.ts";

const CONNECT_TIMEOUT_MS = 5_000;
const PROBE_TIMEOUT_MS = 1_000;
const OVERFLOW_IDLE_MS = 10_000;
const MAX_LIFETIME_MS = 30 * 60_000;
const CLOSE_GRACE_MS = 5_000;

export interface DatabaseOptions {
  /** The workload's alias in PgBouncer. */
  readonly url: string;
  readonly workload: WorkloadName;
  readonly settings: WorkloadSettings;
  /** Shown with the workload as `application_name`. */
  readonly service: string;
  readonly registry: Registry;
  readonly logger: Logger;
}

/** A database that somebody opened and must close. */
export interface OpenDatabase<S> extends Database<S> {
  /** The workload. */
  readonly pool: string;
  status(): GateStatus;
  limits(): GateLimits;
  /** Changes the gate while it is in use. */
  adjust(limits: Partial<GateLimits>): void;
  /** Asks the database for an answer over the gate. @throws as `run`. */
  ping(timeoutMs: number): Promise<void>;
  /** Lets running work end for a moment, then closes every connection. Idempotent. */
  close(): Promise<void>;
}

const metricsOf = new WeakMap<Registry, PoolMetrics>();

/**
 * Opens the gate of a workload: finds out what the pooler can do, and checks that it answers and that the role
 * carries its time-outs.
 * @throws the connection's error, or an Error that says which setting the role lacks.
 */
export async function openDatabase<S>(options: DatabaseOptions): Promise<OpenDatabase<S>> {
  const { url, workload, settings, service, registry, logger } = options;
  const pooler = await detectPooler(url, CONNECT_TIMEOUT_MS);
  logger.info({ pool: workload, pooler }, "pooler detected");
  const meter = poolMetrics(registry).forPool(workload);
  const slotOptions = {
    url,
    applicationName: `${service}/${workload}`,
    prepare: pooler.prepares,
    // Before the callers' time is over, so that they hear that there is no connection and not that the pool is full.
    connectTimeoutMs: Math.min(CONNECT_TIMEOUT_MS, settings.acquire_timeout_ms / 2),
  };
  const gate = new Gate({
    pool: workload,
    base: settings.base,
    overflow: settings.overflow,
    maxWaiters: settings.max_waiters,
    acquireTimeoutMs: settings.acquire_timeout_ms,
    leakThresholdMs: settings.leak_threshold_ms,
    overflowIdleMs: OVERFLOW_IDLE_MS,
    maxLifetimeMs: MAX_LIFETIME_MS,
    openSlot: (onDeath) => Slot.open(slotOptions, onDeath),
    logger,
    meter,
  });
  const database = assemble<S>(gate, options, meter);
  try {
    await assertRoleSettings(database, settings);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The metrics of a registry, made once: several gates of a process share them. */
function poolMetrics(registry: Registry): PoolMetrics {
  let metrics = metricsOf.get(registry);
  if (metrics === undefined) metricsOf.set(registry, (metrics = new PoolMetrics(registry)));
  return metrics;
}

function assemble<S>(
  gate: Gate,
  { workload, settings, logger }: DatabaseOptions,
  meter: PoolMeter,
): OpenDatabase<S> {
  const kysely = new Kysely<S>({ dialect: gateDialect(gate, meter) });
  const circuit = new Circuit({ pool: workload, probe: () => probe(gate), logger, meter });
  const database = new PooledDatabase<S>({
    pool: workload,
    kysely,
    circuit,
    defaultTimeoutMs: () => gate.limits.acquireTimeoutMs + settings.statement_timeout_ms,
  });
  return Object.assign(database, {
    pool: workload,
    status: () => gate.status(),
    limits: () => gate.limits,
    adjust: (limits: Partial<GateLimits>) => gate.adjust(limits),
    ping: async (timeoutMs: number) => {
      const deadline = performance.now() + timeoutMs;
      await database.run("db.ping", sql`select 1`, { idempotent: true, deadline });
    },
    close: async () => {
      circuit.stop();
      await gate.stop(CLOSE_GRACE_MS);
    },
  });
}

/** One statement past the breaker, which this decides about. */
async function probe(gate: Gate): Promise<void> {
  const deadline = performance.now() + PROBE_TIMEOUT_MS;
  const lease = await gate.acquire({ operation: "db.probe", deadline });
  try {
    await lease.query("select 1", [], { deadline });
  } finally {
    lease.release();
  }
}
