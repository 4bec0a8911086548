import { expect, test } from "vitest";
import { judgePooler } from "./prepared-statements.ts";

test.each([
  [18, 0, 0],
  [20, 0, 0],
  [21, 200, 0],
  [25, 1, 0],
  [17, 0, 1],
  [21, 0, 1],
  [25, 0, 1],
])("PgBouncer 1.%i with max_prepared_statements %i has %i faults", (minor, limit, faults) => {
  expect(judgePooler({ major: 1, minor }, limit)).toHaveLength(faults);
});
