import type { Registry } from "prom-client";
import { gauges } from "../samples/gauges.ts";
import type { DatabaseSample } from "./database-sample.ts";
import type { ConnectionStats } from "./queries.ts";

const STATES = ["active", "idle", "idle_in_transaction", "waiting"] as const;

/** Registers the metrics of the database; returns what fills them. */
export function databaseMeter(registry: Registry): (sample: DatabaseSample) => void {
  const gauge = gauges(registry);
  const connections = gauge(
    "postgres_connections",
    "Sessions by role and state; those waiting are active ones",
    "role",
    "state",
  );
  const limit = gauge("postgres_usable_connections", "max_connections without those reserved");
  const active = gauge("postgres_longest_active_seconds", "Oldest running statement", "role");
  const transaction = gauge("postgres_longest_transaction_seconds", "Oldest transaction", "role");
  const waiters = gauge("postgres_lock_waiters", "Sessions that wait for a lock");
  const wait = gauge("postgres_longest_lock_wait_seconds", "Longest wait for a lock");
  const hits = gauge(
    "postgres_cache_hit_ratio",
    "Blocks found in shared buffers since last looked",
  );
  return (sample) => {
    const waiting = sample.locks.filter(({ depth }) => depth > 0);
    const roleOf = ({ role }: ConnectionStats) => ({ role });
    connections(
      sample.connections.flatMap((row) => STATES.map((state) => ({ row, state }))),
      ({ row, state }) => row[state],
      ({ row, state }) => ({ role: row.role, state }),
    );
    limit([sample.server], (server) => server.max_connections - server.reserved_connections);
    active(sample.connections, (row) => row.longest_active_seconds ?? 0, roleOf);
    transaction(sample.connections, (row) => row.longest_transaction_seconds ?? 0, roleOf);
    waiters([waiting.length], (count) => count);
    wait([Math.max(0, ...waiting.map((row) => row.waiting_seconds ?? 0))], (longest) => longest);
    hits([sample.hitRatio], (hitRatio) => hitRatio);
  };
}
