import { setTimeout as delay } from "node:timers/promises";
import type { Sql } from "postgres";
import type { Check, Fault } from "../check.ts";
import type { Installation } from "../installation.ts";

/** PgBouncer learns a backend's process id at the end of the log-in: what is unknown now may be known at the next look. */
const LOOKS = 5;
const PAUSE_MS = 100;

export const directConnections: Check = {
  code: "DIRECT_CONNECTIONS",
  why: "What goes past PgBouncer is not in the budget: it takes connections that were promised to the aliases.",
  async find(installation) {
    return [...(await bypassing(installation)), ...(await tooMany(installation))];
  },
};

/** Sessions of workloads' roles that are none of PgBouncer's. */
async function bypassing({ sql, console, profile }: Installation): Promise<Fault[]> {
  const roles = rolesOf(profile);
  let suspects = await sessionsOf(sql, roles);
  for (let look = 0; look < LOOKS && suspects.length > 0; look += 1) {
    if (look > 0) await delay(PAUSE_MS);
    const pooled = new Set((await console.show("servers")).map(({ remote_pid }) => remote_pid));
    const alive = new Set((await sessionsOf(sql, roles)).map(({ pid }) => pid));
    suspects = suspects.filter(({ pid }) => alive.has(pid) && !pooled.has(pid));
  }
  return suspects.map(({ pid, usename, application_name }) => ({
    what: `Session ${pid} of ${usename} (${application_name || "without a name"}) does not come through PgBouncer.`,
    todo: "Give that client the URL of its alias, then end the session: SELECT pg_terminate_backend(pid).",
  }));
}

async function tooMany({ sql, profile }: Installation): Promise<Fault[]> {
  const allowed = Object.values(profile.direct).reduce((sum, each) => sum + each, 0);
  const [row] = await sql<{ count: number; names: string }[]>`
    select count(*)::int as count, string_agg(distinct usename || ' (' || application_name || ')', ', ') as names
    from pg_catalog.pg_stat_activity
    where backend_type = 'client backend' and usename <> all (${rolesOf(profile)})
      and application_name not in ('sluice-doctor', 'sluice-migrate')`;
  if (row === undefined || row.count <= allowed) return [];
  return [
    {
      what: `${row.count} sessions are direct, and the budget has ${allowed}: ${row.names}.`,
      todo: "End those that nobody needs, or count them under `direct` in workloads.yaml and prove the budget again.",
    },
  ];
}

interface Session {
  readonly pid: number;
  readonly usename: string;
  readonly application_name: string;
}

function sessionsOf(sql: Sql, roles: readonly string[]): Promise<Session[]> {
  return sql<Session[]>`
    select pid, usename, application_name from pg_catalog.pg_stat_activity
    where backend_type = 'client backend' and usename = any (${roles})`;
}

function rolesOf(profile: Installation["profile"]): string[] {
  return Object.values(profile.workloads).map(({ role }) => role);
}
