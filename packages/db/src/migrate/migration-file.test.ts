import { expect, test } from "vitest";
import { parseMigration, readMigrations } from "./migration-file.ts";

const parse = (sql: string): ReturnType<typeof parseMigration> =>
  parseMigration("0007_things.sql", sql);

test("the product's own files are in order and without gaps", () => {
  const numbers = readMigrations().map(({ number }) => number);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
});

test("number, name and header are read; other line ends are the same file", () => {
  expect(parse("SELECT 1;")).toMatchObject({ number: 7, name: "things", transactional: true });
  expect(parse("-- migrate:no-transaction\nSELECT 1;").transactional).toBe(false);
  expect(parse("SELECT 1;\r\nSELECT 2;\r\n").sha256).toBe(parse("SELECT 1;\nSELECT 2;\n").sha256);
});

test.each([
  ["SELECT 1;\nCOMMIT;", "0007_things.sql:2: the runner opens and ends the transactions"],
  ["CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON s.t (a);", "cannot run in a transaction"],
  [
    "-- migrate:no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY i ON s.t (a);",
    "write IF [NOT] EXISTS",
  ],
  ["-- migrate:no-transaction\nDROP INDEX CONCURRENTLY s.i;", "write IF [NOT] EXISTS"],
])("%j is refused", (sql, message) => {
  expect(() => parse(sql)).toThrow(message);
});
