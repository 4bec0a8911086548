import type { Check } from "../check.ts";

export const roleRights: Check = {
  code: "ROLE_RIGHTS",
  why: "A workload's role needs none of it: whoever finds a hole in a service has what its role has.",
  async find({ sql, profile }) {
    const roles = Object.values(profile.workloads).map(({ role }) => role);
    const rows = await sql<{ role: string; rights: string }[]>`
      select rolname as role, concat_ws(', ', case when rolsuper then 'SUPERUSER' end,
        case when rolcreaterole then 'CREATEROLE' end, case when rolcreatedb then 'CREATEDB' end,
        case when rolreplication then 'REPLICATION' end, case when rolbypassrls then 'BYPASSRLS' end) as rights
      from pg_catalog.pg_roles
      where rolname = any (${roles}) and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)
      order by 1`;
    return rows.map(({ role, rights }) => ({
      what: `The role ${role} has ${rights}.`,
      todo: `ALTER ROLE ${role} ${rights.replaceAll(",", "").replaceAll(/(\w+)/g, "NO$1")};`,
    }));
  },
};
