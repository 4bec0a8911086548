import type { Check } from "../check.ts";

export const advisoryLocks: Check = {
  code: "SESSION_LOCK",
  why: "Behind PgBouncer the session goes to the next client and the lock stays: who wants it waits until the connection is closed.",
  async find({ sql, profile }) {
    const roles = Object.values(profile.workloads).map(({ role }) => role);
    // One that a transaction took is gone with it: an idle session has only those of the session.
    const rows = await sql<{ pid: number; role: string; key: string }[]>`
      select l.pid, a.usename as role, concat_ws(':', nullif(l.classid, 0), l.objid) as key
      from pg_catalog.pg_locks l
      join pg_catalog.pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.granted and a.state = 'idle' and a.usename = any (${roles})
      order by 1`;
    return rows.map(({ pid, role, key }) => ({
      what: `Session ${pid} of ${role} holds the advisory lock ${key} though nobody uses it.`,
      todo: `Use pg_advisory_xact_lock; to free it now: SELECT pg_terminate_backend(${pid});`,
    }));
  },
};
