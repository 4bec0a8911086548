import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MIGRATIONS_DIRECTORY } from "@sluice/db/migrate";
import { expect, test } from "vitest";
import { indexesOf } from "./missing-indexes.ts";

test("every index of schema.sql is looked for, with its schema", () => {
  const schema = readFileSync(join(MIGRATIONS_DIRECTORY, "schema.sql"), "utf8");
  const indexes = indexesOf(schema);
  expect(indexes).toHaveLength(schema.match(/^CREATE (UNIQUE )?INDEX/gm)?.length ?? -1);
  expect(indexes.map(({ name }) => name)).toContain("data.sample_metadata_created_at_idx");
});
