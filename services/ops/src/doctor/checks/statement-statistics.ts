import type { Sql } from "postgres";
import type { Check } from "../check.ts";

export const statementStatistics: Check = {
  code: "STATEMENT_STATISTICS",
  why: "Nobody knows which statements take the time, and the doctor cannot see who leaves state in a session.",
  async find({ sql }) {
    if ((await statisticsSchema(sql)) !== undefined) return [];
    return [
      {
        what: "pg_stat_statements is not installed in this database.",
        todo: "Put it into shared_preload_libraries, restart PostgreSQL, then `sluice migrate` or CREATE EXTENSION pg_stat_statements.",
      },
    ];
  },
};

/** Where the extension was installed to; undefined when it was not. */
export async function statisticsSchema(sql: Sql): Promise<string | undefined> {
  const [row] = await sql<{ schema: string }[]>`
    select n.nspname as schema from pg_catalog.pg_extension e
    join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements'`;
  return row?.schema;
}
