import type { Check } from "../check.ts";

export const hostAccess: Check = {
  code: "HBA_OPEN",
  why: "PostgreSQL asks such a client for no password, or for one that can be read on the way.",
  async find({ sql }) {
    const rows = await sql<
      { line_number: number; address: string; users: string; auth_method: string }[]
    >`
      select line_number, coalesce(address, 'the local socket') as address, array_to_string(user_name, ', ') as users,
        auth_method
      from pg_catalog.pg_hba_file_rules
      where error is null and (auth_method in ('password', 'md5') or (auth_method = 'trust' and type <> 'local'))
      order by 1`;
    return rows.map(({ line_number, address, users, auth_method }) => ({
      what: `pg_hba.conf, line ${line_number}: ${users} from ${address} by ${auth_method}.`,
      todo: "Make it scram-sha-256 or take the line out, then SELECT pg_reload_conf().",
    }));
  },
};
