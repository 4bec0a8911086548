import type { Check } from "../check.ts";

export const autovacuum: Check = {
  code: "AUTOVACUUM_OFF",
  why: "Dead rows pile up, index-only scans turn to the heap, and in the end the server stops to prevent wraparound.",
  async find({ sql }) {
    const rows = await sql<{ what: string; todo: string }[]>`
      select format('%s is off.', name) as what, format('ALTER SYSTEM RESET %s; SELECT pg_reload_conf();', name) as todo
      from pg_catalog.pg_settings where name in ('autovacuum', 'track_counts') and setting = 'off'
      union all
      select format('Autovacuum is off for %s.', c.oid::regclass),
        format('ALTER TABLE %s RESET (autovacuum_enabled);', c.oid::regclass)
      from pg_catalog.pg_class c, pg_catalog.pg_options_to_table(c.reloptions) o
      where c.relkind in ('r', 'm', 't') and o.option_name = 'autovacuum_enabled'
        and lower(o.option_value) in ('off', 'false', 'no', '0')
      order by 1`;
    return [...rows];
  },
};
