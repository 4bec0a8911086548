import { setTimeout as sleep } from "node:timers/promises";
import type postgres from "postgres";

const EVERY_MS = 100;

/** The most connections to PostgreSQL that each role but the superuser had at a time, until `ended`. */
export async function mostConnections(
  superuser: postgres.Sql,
  ended: Promise<unknown>,
): Promise<ReadonlyMap<string, number>> {
  const most = new Map<string, number>();
  let running = true;
  const stopped = ended.finally(() => (running = false));
  while (running) {
    for (const { role, count } of await connectionsByRole(superuser))
      most.set(role, Math.max(most.get(role) ?? 0, count));
    await Promise.race([sleep(EVERY_MS), stopped]);
  }
  return most;
}

/** The connections to PostgreSQL that each role but the superuser has now. */
export function connectionsByRole(
  superuser: postgres.Sql,
): Promise<readonly { readonly role: string; readonly count: number }[]> {
  return superuser<{ role: string; count: number }[]>`
    select usename as role, count(*)::int4 as count from pg_stat_activity
    where backend_type = 'client backend' and usename <> current_user group by 1`;
}
