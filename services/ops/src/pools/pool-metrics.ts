import type { Registry } from "prom-client";
import { gauges } from "../samples/gauges.ts";
import type { Pool } from "./pooler-look.ts";
import type { PoolSample } from "./pool-sample.ts";

/** Registers the metrics of PgBouncer, by the exporter's names; returns what fills them. */
export function poolMeter(registry: Registry): (sample: PoolSample) => void {
  const gauge = gauges(registry);
  const labelNames = ["pooler", "alias"];
  const pools: [ReturnType<typeof gauge>, (pool: Pool) => number][] = [
    [gauge("pgbouncer_pool_size", "Most servers of the pool", ...labelNames), (p) => p.pool_size],
    [
      gauge("pgbouncer_pools_client_active_connections", "Clients with a server", ...labelNames),
      (p) => p.clients_active,
    ],
    [
      gauge("pgbouncer_pools_client_waiting_connections", "Clients in the queue", ...labelNames),
      (p) => p.clients_waiting,
    ],
    [
      gauge("pgbouncer_pools_server_active_connections", "Servers with a client", ...labelNames),
      (p) => p.servers_active,
    ],
    [
      gauge("pgbouncer_pools_server_idle_connections", "Servers without one", ...labelNames),
      (p) => p.servers_idle + p.servers_used + p.servers_tested,
    ],
    [
      gauge("pgbouncer_pools_server_login_connections", "Servers logging in", ...labelNames),
      (p) => p.servers_login,
    ],
    [
      gauge("pgbouncer_pools_client_maxwait_seconds", "Wait of the first in line", ...labelNames),
      (p) => p.longest_wait_seconds,
    ],
  ];
  const clients = gauge("pgbouncer_clients", "Clients connected, consoles included", "pooler");
  const up = gauge("pgbouncer_up", "1 when the process answered ops at the last look", "pooler");
  const poolerOf = ({ name }: { name: string }) => ({ pooler: name });
  return (sample) => {
    for (const [fill, value] of pools)
      fill(sample.pools, value, ({ pooler, alias }) => ({ pooler, alias }));
    const heard = sample.poolers.filter(({ error }) => error === null);
    clients(heard, (state) => state.clients, poolerOf);
    up(sample.poolers, ({ error }) => (error === null ? 1 : 0), poolerOf);
  };
}
