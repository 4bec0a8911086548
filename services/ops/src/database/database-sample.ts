import type { Queryable } from "@sluice/auth";
import { ratio } from "../samples/rate.ts";
import {
  type ConnectionStats,
  type LockWait,
  readConnectionStats,
  readLockWaits,
  readServerState,
  type ServerState,
} from "./queries.ts";

/** Sessions, lock waits and the cache of the database at one moment. */
export interface DatabaseSample {
  readonly connections: readonly ConnectionStats[];
  readonly locks: readonly LockWait[];
  readonly server: ServerState;
  /** Of the blocks read since the last look; null when there were none. */
  readonly hitRatio: number | null;
}

export async function lookAtDatabase(
  db: Queryable,
  last: DatabaseSample | undefined,
): Promise<DatabaseSample> {
  const server = await readServerState(db);
  const hits = server.hit_blocks - (last?.server.hit_blocks ?? 0);
  const reads = server.read_blocks - (last?.server.read_blocks ?? 0);
  return {
    connections: await readConnectionStats(db),
    // Planning the view costs more than all else here, and mostly nobody waits.
    locks: server.lock_waiters === 0 ? [] : await readLockWaits(db),
    server,
    hitRatio: ratio(hits, hits + reads),
  };
}

/** Sessions of clients, PgBouncer's among them. */
export function usedConnections({ connections }: DatabaseSample): number {
  return connections.reduce((sum, { backends }) => sum + backends, 0);
}
