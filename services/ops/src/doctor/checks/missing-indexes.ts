import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MIGRATIONS_DIRECTORY } from "@sluice/db/migrate";
import type { Check } from "../check.ts";

export const missingIndexes: Check = {
  code: "INDEX_MISSING",
  why: "A hot statement reads its whole table, and its workload's slots are held for seconds and not milliseconds.",
  async find({ sql }) {
    const expected = indexesOf(await readFile(join(MIGRATIONS_DIRECTORY, "schema.sql"), "utf8"));
    const rows = await sql<{ name: string }[]>`
      select schemaname || '.' || indexname as name from pg_catalog.pg_indexes`;
    const there = new Set(rows.map(({ name }) => name));
    return expected
      .filter(({ name }) => !there.has(name))
      .map(({ name, statement }) => ({
        what: `The index ${name} is not there.`,
        todo: statement.replace(" INDEX ", " INDEX CONCURRENTLY "),
      }));
  },
};

/** The indexes of schema.sql beside those of its constraints, with their schemas. */
export function indexesOf(schema: string): { name: string; statement: string }[] {
  return [...schema.matchAll(/^CREATE (?:UNIQUE )?INDEX (\w+) ON (?:ONLY )?(\w+)\.\w+ .*;$/gm)].map(
    ([statement, index, namespace]) => ({ name: `${namespace}.${index}`, statement }),
  );
}
