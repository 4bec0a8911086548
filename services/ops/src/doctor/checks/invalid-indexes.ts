import type { Check } from "../check.ts";

export const invalidIndexes: Check = {
  code: "INDEX_INVALID",
  why: "An index that a concurrent build left behind costs every write and answers no query.",
  async find({ sql }) {
    const rows = await sql<{ name: string; parent: string }[]>`
      select format('%I.%I', n.nspname, c.relname) as name, i.indrelid::regclass::text as parent
      from pg_catalog.pg_index i
      join pg_catalog.pg_class c on c.oid = i.indexrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where not (i.indisvalid and i.indisready) and c.relkind = 'i'
        and not exists (select from pg_catalog.pg_stat_progress_create_index p where p.index_relid = i.indexrelid)
      order by 1`;
    return rows.map(({ name, parent }) => ({
      what: `The index ${name} on ${parent} is invalid.`,
      todo: `\`sluice migrate\` rebuilds it, or: REINDEX INDEX CONCURRENTLY ${name};`,
    }));
  },
};
