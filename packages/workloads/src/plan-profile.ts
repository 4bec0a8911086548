import { type PlannedMemory, planMemory } from "./plan-memory.ts";
import { CLIENT_SKEW, connectionsOf, proveBudget } from "./budget.ts";
import type { Profile, WorkloadSettings } from "./profile.ts";
import { WORKLOADS, type WorkloadName, type Workloads } from "./workloads.ts";

/** A database machine, and how many instances of each API service will use it (default: one for 4 cores). */
export interface Machine {
  readonly cores: number;
  readonly memory_gb: number;
  readonly instances?: number | undefined;
}

/** A planned profile, with what the machine did not allow. */
export interface PlannedProfile {
  readonly profile: Profile;
  /** `memory` when memory, and not the number of cores, decided the size of the pools. */
  readonly boundBy: "cores" | "memory";
  readonly memory: PlannedMemory;
}

type GateSize = Pick<WorkloadSettings, "base" | "overflow" | "max_waiters">;
type AliasSize = Pick<WorkloadSettings, "pool_size" | "reserve_pool_size" | "scaling">;

/** Sizes of the field report's machine: its pools by module, and an alias for each PgBouncer of 32 cores. */
const REPORT_GATES: Readonly<Record<WorkloadName, GateSize>> = {
  feature: { base: 3, overflow: 7, max_waiters: 2_000 },
  training: { base: 5, overflow: 15, max_waiters: 5_000 },
  sample: { base: 5, overflow: 15, max_waiters: 5_000 },
  import: { base: 10, overflow: 20, max_waiters: 200 },
  admin: { base: 20, overflow: 30, max_waiters: 200 },
  monitor: { base: 2, overflow: 0, max_waiters: 20 },
};
const REPORT_ALIASES: Readonly<Record<WorkloadName, AliasSize>> = {
  feature: { pool_size: 25, reserve_pool_size: 5, scaling: { min: 10, max: 60 } },
  training: { pool_size: 25, reserve_pool_size: 5, scaling: { min: 10, max: 60 } },
  sample: { pool_size: 25, reserve_pool_size: 5, scaling: { min: 10, max: 60 } },
  import: { pool_size: 20, reserve_pool_size: 5, scaling: { min: 5, max: 30 } },
  admin: { pool_size: 10, reserve_pool_size: 5 },
  monitor: { pool_size: 2, reserve_pool_size: 1 },
};
/** With less a workload is not isolated any more: the sizes of the local stack, on 2 cores. */
const LEAST_ALIASES: Readonly<Record<WorkloadName, AliasSize>> = {
  feature: { pool_size: 5, reserve_pool_size: 1, scaling: { min: 5, max: 8 } },
  training: { pool_size: 4, reserve_pool_size: 1, scaling: { min: 4, max: 8 } },
  sample: { pool_size: 4, reserve_pool_size: 1, scaling: { min: 4, max: 8 } },
  import: { pool_size: 3, reserve_pool_size: 0, scaling: { min: 3, max: 5 } },
  admin: { pool_size: 2, reserve_pool_size: 0 },
  monitor: { pool_size: 1, reserve_pool_size: 0 },
};

/** One PgBouncer is one thread. The report's 64 cores have two: 107 server connections, 3.3 a core. */
const CORES_PER_PGBOUNCER = 32;
/** Backends cost memory: a gigabyte pays for the connections of so many cores, 14 MB for each of them. */
const CORES_PER_GB = 4;
/** Consumers and a fleet of services keep 4 cores of database busy for each instance (the report: 16 at 64). */
const CORES_PER_INSTANCE = 4;
/** What uses `max_connections` fully is a leak or a bypass: the budget fills 4/7 of it, well under the 80 % alert. */
const CONNECTION_HEADROOM = 1.75;
/** The report accepts 10,000 clients on 64 cores. */
const CLIENTS_PER_CORE = 10_000 / 64;
const LEAST_CLIENTS = 500;
/** Above, one process has more sockets than a client machine has ports to it (55,296), with room for cancels. */
const MOST_CLIENTS = 20_000;
const DEPLOY_SURGE = 0.25;
const CONSOLES = 10;

/**
 * Figures for any machine. Server connections follow the cores, since a core runs one statement at a time and the rest
 * of a transaction is waiting (HikariCP's and the PostgreSQL wiki's `cores × 2 + spindles` is the same line with
 * another slope); the slope and the gates are the published field report's, so that 64 cores and 128 GB give the
 * profile `reference` of workloads.yaml. Pure; whether the budget holds is for `proveBudget` to say.
 * @throws RangeError for a machine without a core or a gigabyte
 */
export function planProfile(
  source: Pick<Workloads, "workloads">,
  machine: Machine,
): PlannedProfile {
  const { cores, memory_gb } = requireMachine(machine);
  const usable = Math.min(cores, memory_gb * CORES_PER_GB);
  const processes = Math.ceil(usable / CORES_PER_PGBOUNCER);
  const aliases = eachWorkload((name) => aliasSize(name, usable / processes));
  const services = planServices(
    machine.instances ?? Math.max(1, Math.round(usable / CORES_PER_INSTANCE)),
  );
  const gates = eachWorkload((name) => gateSize(name, processes * connectionsOf(aliases[name])));
  const direct = { migrations: 2, backup: 2, exporter: 2, superuser: 3 };
  const used =
    processes * sum(Object.values(aliases).map(connectionsOf)) + sum(Object.values(direct));
  const reserved = Math.min(10, Math.max(3, Math.round(cores / 6.4)));
  const memory = planMemory({ cores, memory_gb, connections: used });
  const draft: Profile = {
    name: `planned-${cores}-cores-${memory_gb}-gb`,
    machine: { cores, memory_gb },
    postgres: {
      max_connections: Math.ceil(((used + reserved) * CONNECTION_HEADROOM) / 10) * 10,
      superuser_reserved_connections: reserved,
      settings: memory.settings,
    },
    deploy_surge: DEPLOY_SURGE,
    workloads: eachWorkload((name) => ({
      role: `sluice_${name}`,
      alias: `sluice_${name}`,
      ...source.workloads[name],
      ...gates[name],
      ...aliases[name],
    })),
    services,
    consoles: CONSOLES,
    direct,
    pgbouncer: planPgbouncer(processes, usable, 0),
  };
  const clients = proveBudget(draft).client.used;
  const profile = { ...draft, pgbouncer: planPgbouncer(processes, usable, clients) };
  return { profile, memory, boundBy: usable < cores ? "memory" : "cores" };
}

function requireMachine(machine: Machine): Machine {
  const { cores, memory_gb, instances = 1 } = machine;
  for (const [name, value] of Object.entries({ cores, memory_gb, instances })) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new RangeError(`${name} must be a whole number from 1, and ${value} is not`);
  }
  return machine;
}

/** In proportion to the cores of one PgBouncer, and never below what isolates a workload. */
function aliasSize(workload: WorkloadName, coresOfProcess: number): AliasSize {
  const [report, least] = [REPORT_ALIASES[workload], LEAST_ALIASES[workload]];
  const scaled = (size: (alias: AliasSize) => number): number =>
    Math.max(size(least), Math.round((size(report) * coresOfProcess) / CORES_PER_PGBOUNCER));
  return {
    pool_size: scaled(({ pool_size }) => pool_size),
    reserve_pool_size: scaled(({ reserve_pool_size }) => reserve_pool_size),
    ...(report.scaling && {
      scaling: {
        min: scaled(({ scaling }) => scaling?.min ?? 1),
        max: scaled(({ scaling }) => scaling?.max ?? 1),
      },
    }),
  };
}

/**
 * No wider than all the alias's connections: who waits then waits at the gate, where it is measured and bounded. People
 * at the admin gate are patient, and the report gives them 50 slots where 30 connections are.
 */
function gateSize(workload: WorkloadName, aliasConnections: number): GateSize {
  const { base, overflow, max_waiters } = REPORT_GATES[workload];
  const patience = workload === "admin" ? 5 / 3 : 1;
  const most = Math.min(base + overflow, Math.floor(aliasConnections * patience));
  const warm = overflow === 0 ? most : Math.min(base, Math.ceil(most / 2));
  return { base: warm, overflow: most - warm, max_waiters };
}

/** Instances of the API services; a worker for four of them, two of the operators' service for failover. */
function planServices(instances: number): Profile["services"] {
  return {
    "feature-api": { instances, gates: ["feature"] },
    "training-manager": { instances, gates: ["training"] },
    "training-worker": { instances: Math.ceil(instances / 4), gates: ["training"] },
    "data-loader": { instances, gates: ["sample", "import"] },
    ops: { instances: Math.min(2, instances), gates: ["admin", "monitor"] },
  };
}

/** As many clients as the report accepts for so many cores, more when the services need them, up to what one process takes. */
function planPgbouncer(processes: number, cores: number, clients: number): Profile["pgbouncer"] {
  const needed = Math.ceil(clients / CLIENT_SKEW / processes / 100) * 100;
  const wanted = Math.ceil((cores * CLIENTS_PER_CORE) / processes);
  return {
    processes,
    max_client_conn: Math.min(MOST_CLIENTS, Math.max(LEAST_CLIENTS, wanted, needed)),
    query_wait_timeout_ms: 240_000,
    server_login_retry_ms: 250,
    reserve_pool_timeout_ms: 3_000,
    server_idle_timeout_ms: 600_000,
    server_lifetime_ms: 3_600_000,
    server_connect_timeout_ms: 5_000,
    max_prepared_statements: 200,
  };
}

function eachWorkload<T>(value: (name: WorkloadName) => T): Record<WorkloadName, T> {
  return Object.fromEntries(WORKLOADS.map((name) => [name, value(name)])) as Record<
    WorkloadName,
    T
  >;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
