import type { Check } from "../check.ts";

export const duplicateIndexes: Check = {
  code: "INDEX_DUPLICATE",
  why: "Two indexes do one's work, and every write pays for both.",
  async find({ sql }) {
    const rows = await sql<{ names: string[]; parent: string }[]>`
      select i.indrelid::regclass::text as parent,
        array_agg(i.indexrelid::regclass::text order by i.indisprimary desc, i.indisunique desc, i.indexrelid) as names
      from pg_catalog.pg_index i
      join pg_catalog.pg_class c on c.oid = i.indexrelid and c.relkind = 'i'
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where i.indisvalid and n.nspname !~ '^pg_'
      group by i.indrelid, c.relam, i.indnkeyatts, i.indkey::text, i.indclass::text, i.indcollation::text, i.indoption::text,
        pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid)
      having count(*) > 1
      order by 1`;
    return rows.map(({ names: [first, ...others], parent }) => ({
      what: `On ${parent}, ${others.join(" and ")} indexes the same as ${first}.`,
      todo: others.map((name) => `DROP INDEX CONCURRENTLY ${name};`).join(" "),
    }));
  },
};
