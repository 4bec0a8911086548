import type { BudgetSide, Profile } from "@sluice/workloads";
import { proveBudget } from "@sluice/workloads";
import { type DatabaseSample, usedConnections } from "../database/database-sample.ts";
import type { PoolSample } from "../pools/pool-sample.ts";

/** One side of the proof, and how much of its limit is in use. */
export interface LiveSide extends BudgetSide {
  readonly in_use: number;
  readonly used_ratio: number;
}

export interface LiveBudget {
  readonly ok: boolean;
  readonly client: LiveSide;
  readonly server: LiveSide & {
    /** Sessions that are not PgBouncer's: whoever else connects directly, and ops cannot bound. */
    readonly direct: number;
  };
}

/** The static proof beside what is in use. The two samples are up to 5 s apart, and so `direct` may be off by a few. */
export function liveBudget(
  profile: Profile,
  pools: PoolSample,
  database: DatabaseSample,
): LiveBudget {
  const { client, server, ok } = proveBudget(profile);
  const clients = pools.poolers.reduce((sum, state) => sum + state.clients, 0);
  const sessions = usedConnections(database);
  const pooled = pools.pools.reduce(
    (sum, pool) =>
      sum + pool.servers_active + pool.servers_idle + pool.servers_used + pool.servers_tested,
    0,
  );
  return {
    ok,
    client: inUse(client, clients),
    server: { ...inUse(server, sessions), direct: Math.max(0, sessions - pooled) },
  };
}

function inUse(side: BudgetSide, count: number): LiveSide {
  return { ...side, in_use: count, used_ratio: count / side.limit };
}
