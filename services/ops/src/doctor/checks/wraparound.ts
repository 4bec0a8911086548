import type { Check } from "../check.ts";

/** Autovacuum begins its aggressive runs at 200 million; at 2 billion the server takes no more writes. */
const OLD = 1_000_000_000;

export const wraparound: Check = {
  code: "WRAPAROUND",
  why: "At two billion transactions of age PostgreSQL takes no more writes.",
  async find({ sql }) {
    const rows = await sql<{ name: string; age: number }[]>`
      select datname as name, age(datfrozenxid)::int as age from pg_catalog.pg_database
      where age(datfrozenxid) > ${OLD} order by 2 desc`;
    return rows.map(({ name, age }) => ({
      what: `Database ${name} is ${age} transactions old.`,
      todo: "Look for what holds vacuum back (old transactions, slots, prepared transactions), then VACUUM (FREEZE).",
    }));
  },
};
