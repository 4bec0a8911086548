import { expect, test } from "vitest";
import { splitStatements } from "./split-statements.ts";

const texts = (sql: string): string[] => splitStatements(sql).map(({ text }) => text);

test("a semicolon ends a statement, but not in text, names, comments and bodies", () => {
  expect(texts("SELECT 1; SELECT 2")).toEqual(["SELECT 1", "SELECT 2"]);
  for (const one of [
    "SELECT 'a;b'",
    "SELECT 'it''s; so'",
    'SELECT 1 AS "a;b"',
    "SELECT 1 /* a; /* b; */ c; */ + 1",
    "SELECT 1 -- a; b\n + 1",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$",
    "DO $body$ BEGIN PERFORM $$;$$; END $body$",
    "SELECT 4 - 2 / 1 * 3, data ->> 'x;' FROM t",
  ]) {
    expect(texts(`${one};`)).toEqual([one]);
  }
});

test("comments alone are no statement", () => {
  expect(texts("-- nothing;\n\n/* ; */ ; ;")).toEqual([]);
});

test("a statement knows its first line, and its text without comments", () => {
  const sql = "-- head\n\nSELECT 1; -- more\n/* of it */\n  SELECT\n 2;";
  expect(splitStatements(sql).map(({ line, bare }) => [line, bare])).toEqual([
    [3, "SELECT 1"],
    [5, "SELECT 2"],
  ]);
});
