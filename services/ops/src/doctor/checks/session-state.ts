import type { Check } from "../check.ts";
import { statisticsSchema } from "./statement-statistics.ts";

/**
 * A SET that is not LOCAL, LISTEN, SQL-level PREPARE, temporary tables, session locks, and cursors that outlive the
 * transaction. PgBouncer itself follows the settings that PostgreSQL reports, and sends their SETs.
 */
const SESSION_STATE =
  "^\\s*(set\\s+(session\\s+)?(?!(local|transaction|constraints|session|client_encoding|datestyle|timezone|standard_conforming_strings|application_name)\\M)\\w+\\s*(=|\\mto\\M)|listen\\M|prepare\\s+(?!transaction)\\w+|create\\s+(global\\s+|local\\s+)?temp|load\\M)|\\mpg_(try_)?advisory_lock(_shared)?\\s*\\(|\\mwith\\s+hold\\s+for\\M";

export const sessionState: Check = {
  code: "SESSION_STATE",
  why: "In transaction mode the next statement may run in another session, and another client in this one: such state is lost, or leaks.",
  async find({ sql, profile }) {
    const roles = Object.values(profile.workloads).map(({ role }) => role);
    const schema = await statisticsSchema(sql);
    // A finding of its own.
    if (schema === undefined) return [];
    const rows = await sql<{ role: string; query: string; calls: string }[]>`
      select r.rolname as role, left(regexp_replace(s.query, '\\s+', ' ', 'g'), 120) as query, sum(s.calls)::text as calls
      from ${sql(schema)}.pg_stat_statements s
      join pg_catalog.pg_roles r on r.oid = s.userid
      where s.dbid = (select oid from pg_catalog.pg_database where datname = current_database())
        and r.rolname = any (${roles}) and s.query ~* ${SESSION_STATE}
      group by 1, 2 order by 1, 2`;
    return rows.map(({ role, query, calls }) => ({
      what: `${role} ran this ${calls} times: ${query}.`,
      todo: "Use SET LOCAL, pg_advisory_xact_lock, Redis or a table; `SELECT pg_stat_statements_reset()` forgets what was.",
    }));
  },
};
