import { expect, test } from "vitest";
import { keepsPrepared } from "./pooler.ts";

test.each([
  ["PgBouncer 1.18.0", 200, false],
  ["PgBouncer 1.20.1", 200, false],
  ["PgBouncer 1.21.0", 0, false],
  ["PgBouncer 1.21.0", 100, true],
  ["PgBouncer 1.25.2", 200, true],
  ["PgBouncer 2.0.0", 200, true],
  ["something else", 200, false],
  ["PgBouncer 1.25.2", Number.NaN, false],
])(
  "%s with max_prepared_statements %d keeps prepared statements: %s",
  (version, limit, expected) => {
    expect(keepsPrepared(version, limit)).toBe(expected);
  },
);
