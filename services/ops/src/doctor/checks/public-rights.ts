import type { Check } from "../check.ts";

export const publicRights: Check = {
  code: "PUBLIC_RIGHTS",
  why: "What PUBLIC may, every role of the server may: also the next one that somebody makes.",
  async find({ sql }) {
    const rows = await sql<{ what: string; todo: string }[]>`
      select 'PUBLIC may create objects in schema public.' as what,
        'REVOKE CREATE ON SCHEMA public FROM PUBLIC;' as todo
      from pg_catalog.pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) a
      where nspname = 'public' and a.grantee = 0 and a.privilege_type = 'CREATE'
      union all
      select format('PUBLIC has %s on database %I.', string_agg(a.privilege_type, ', '), datname),
        format('REVOKE ALL ON DATABASE %I FROM PUBLIC;', datname)
      from pg_catalog.pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) a
      where datname = current_database() and a.grantee = 0
      group by datname`;
    return [...rows];
  },
};
