import type { Check } from "../check.ts";

export const passwords: Check = {
  code: "PASSWORD_MD5",
  why: "Whoever reads an MD5 hash can log in with it, and PgBouncer cannot pass it on as SCRAM.",
  async find({ sql }) {
    const rows = await sql<{ role: string }[]>`
      select rolname as role from pg_catalog.pg_authid
      where rolcanlogin and rolpassword like 'md5%' order by 1`;
    return rows.map(({ role }) => ({
      what: `The password of role ${role} is stored as MD5.`,
      todo: `Set password_encryption = 'scram-sha-256', then ALTER ROLE ${role} PASSWORD … again.`,
    }));
  },
};
