import type { Check } from "../check.ts";

/** A smaller one is not worth a finding. */
const LEAST_BYTES = 8 * 1024 * 1024;

export const unusedIndexes: Check = {
  code: "INDEX_UNUSED",
  why: "Every write keeps it up to date, and nobody reads it.",
  async find({ sql, now, unusedAfterMs }) {
    const since = new Date(now() - unusedAfterMs).toISOString();
    const rows = await sql<{ name: string; parent: string; size: string }[]>`
      select s.indexrelid::regclass::text as name, s.relid::regclass::text as parent,
        pg_size_pretty(pg_relation_size(s.indexrelid)) as size
      from pg_catalog.pg_stat_user_indexes s
      join pg_catalog.pg_index i on i.indexrelid = s.indexrelid
      where s.idx_scan = 0 and not i.indisunique and i.indisvalid
        and pg_relation_size(s.indexrelid) >= ${LEAST_BYTES}
        and greatest(pg_postmaster_start_time(),
          (select stats_reset from pg_catalog.pg_stat_database where datname = current_database())) <= ${since}::timestamptz
      order by pg_relation_size(s.indexrelid) desc`;
    return rows.map(({ name, parent, size }) => ({
      what: `Nothing has read the index ${name} on ${parent} (${size}).`,
      todo: `Make sure that no standby uses it, then: DROP INDEX CONCURRENTLY ${name};`,
    }));
  },
};
