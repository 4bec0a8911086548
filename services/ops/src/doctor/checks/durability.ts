import type { Check } from "../check.ts";

const MUST_BE_ON = ["fsync", "full_page_writes", "synchronous_commit"];

export const durability: Check = {
  code: "DURABILITY_OFF",
  why: "Writes that were acknowledged can be lost, or the data broken, when PostgreSQL or its machine goes down.",
  async find({ sql }) {
    const rows = await sql<{ name: string }[]>`
      select name from pg_catalog.pg_settings where name = any (${MUST_BE_ON}) and setting = 'off' order by 1`;
    return rows.map(({ name }) => ({
      what: `${name} is off.`,
      todo: `ALTER SYSTEM RESET ${name}; SELECT pg_reload_conf();`,
    }));
  },
};
