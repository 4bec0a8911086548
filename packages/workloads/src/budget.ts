import type { Profile, WorkloadSettings } from "./profile.ts";
import { WORKLOADS } from "./workloads.ts";

/** One summand of a budget: `connections` with the arithmetic that made it. */
export interface BudgetTerm {
  readonly name: string;
  readonly connections: number;
  readonly because: string;
}

/** One side of the proof: it holds when `used` is at most `limit`. */
export interface BudgetSide {
  readonly side: "client" | "server";
  readonly terms: readonly BudgetTerm[];
  readonly used: number;
  readonly limit: number;
  readonly limitBecause: string;
  readonly ok: boolean;
}

export interface Budget {
  readonly client: BudgetSide;
  readonly server: BudgetSide;
  readonly ok: boolean;
}

/**
 * TCP spreads clients over PgBouncer processes unevenly, so that only this share of their summed
 * `max_client_conn` can be counted on.
 */
export const CLIENT_SKEW = 0.8;

/**
 * Proves that a profile can never ask for more connections than there are.
 *
 * Client side: Σ services × instances × (1 + deploy surge) × gate maximum + consoles
 * ≤ PgBouncer processes × max_client_conn × 0.8.
 * Server side: PgBouncer processes × Σ aliases (pool size + reserve) + direct users
 * ≤ max_connections − superuser_reserved_connections.
 */
export function proveBudget(profile: Profile): Budget {
  const client = clientSide(profile);
  const server = serverSide(profile);
  return { client, server, ok: client.ok && server.ok };
}

function clientSide(profile: Profile): BudgetSide {
  const services = Object.entries(profile.services).map(([name, service]) => {
    const instances = Math.ceil(service.instances * (1 + profile.deploy_surge));
    const slots = service.gates.reduce((sum, gate) => sum + gateMaximum(profile, gate), 0);
    const because = `${instances} instances with the deploy surge × ${slots} slots (${service.gates.join(" + ")})`;
    return { name, connections: instances * slots, because };
  });
  const consoles = {
    name: "consoles",
    connections: profile.consoles,
    because: "admin consoles, CLI",
  };
  const { processes, max_client_conn } = profile.pgbouncer;
  return side("client", [...services, consoles], {
    limit: Math.floor(processes * max_client_conn * CLIENT_SKEW),
    limitBecause: `${processes} PgBouncer × max_client_conn ${max_client_conn} × ${CLIENT_SKEW}`,
  });
}

function serverSide(profile: Profile): BudgetSide {
  const { processes } = profile.pgbouncer;
  const aliases = WORKLOADS.map((workload) => {
    const { alias, pool_size, reserve_pool_size } = profile.workloads[workload];
    const because = `${processes} PgBouncer × (pool ${pool_size} + reserve ${reserve_pool_size})`;
    const connections = processes * connectionsOf(profile.workloads[workload]);
    return { name: alias, connections, because };
  });
  const direct = Object.entries(profile.direct).map(([name, connections]) => ({
    name,
    connections,
    because: "connects directly",
  }));
  const { max_connections, superuser_reserved_connections } = profile.postgres;
  return side("server", [...aliases, ...direct], {
    limit: max_connections - superuser_reserved_connections,
    limitBecause: `max_connections ${max_connections} − superuser_reserved_connections ${superuser_reserved_connections}`,
  });
}

/** Server connections that one PgBouncer may open for an alias. */
export function connectionsOf(
  alias: Pick<WorkloadSettings, "pool_size" | "reserve_pool_size">,
): number {
  return alias.pool_size + alias.reserve_pool_size;
}

function gateMaximum(profile: Profile, workload: (typeof WORKLOADS)[number]): number {
  const { base, overflow } = profile.workloads[workload];
  return base + overflow;
}

function side(
  name: BudgetSide["side"],
  terms: readonly BudgetTerm[],
  bound: Pick<BudgetSide, "limit" | "limitBecause">,
): BudgetSide {
  const used = terms.reduce((sum, term) => sum + term.connections, 0);
  return { side: name, terms, used, ...bound, ok: used <= bound.limit };
}

/**
 * Refuses a profile whose budget does not hold; called by every service before it opens a connection.
 * @throws Error that says which side is broken, by how much, and what to change.
 */
export function assertBudget(profile: Profile): Budget {
  const budget = proveBudget(profile);
  const broken = [budget.client, budget.server].filter((each) => !each.ok);
  if (broken.length === 0) return budget;
  throw new Error(broken.map((each) => describeExcess(profile.name, each)).join("\n"));
}

function describeExcess(profile: string, broken: BudgetSide): string {
  const terms = broken.terms.map((term) => `  ${term.name}: ${term.connections} = ${term.because}`);
  return [
    `The ${broken.side} side of profile "${profile}" asks for ${broken.used} connections, ${broken.used - broken.limit} more than the ${broken.limit} there are (${broken.limitBecause}).`,
    ...terms,
    "Make a gate, an alias or an instance count in workloads.yaml smaller, or raise the limit.",
  ].join("\n");
}

/**
 * Server connections that all aliases of one PgBouncer process may have together, reserves included: what PostgreSQL
 * has for them, or less where the profile says so.
 */
export function aliasBudget(profile: Profile): number {
  const { max_connections, superuser_reserved_connections } = profile.postgres;
  const direct = Object.values(profile.direct).reduce((sum, connections) => sum + connections, 0);
  const available = max_connections - superuser_reserved_connections - direct;
  const allowed = Math.min(available, profile.autoscaler?.max_server_connections ?? available);
  return Math.floor(allowed / profile.pgbouncer.processes);
}
