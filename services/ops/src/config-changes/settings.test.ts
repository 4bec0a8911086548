import { loadWorkloads, selectProfile } from "@sluice/workloads";
import { expect, test } from "vitest";
import { checkChange } from "./settings.ts";

const profile = selectProfile(loadWorkloads(), "local");
const GATE = { service: "feature-api", pool: "feature" };
const ALIAS = { alias: "sluice_feature" };

test("what is running can take more or less, within the budget", () => {
  expect(() => checkChange(ALIAS, { pool_size: 6 }, profile)).not.toThrow();
  expect(() => checkChange(GATE, { overflow: 0, acquire_timeout_ms: 1 }, profile)).not.toThrow();
});

test.each([
  [{ alias: "other" }, { pool_size: 6 }, "VALIDATION_FAILED"],
  [{ service: "other", pool: "feature" }, { base: 1 }, "VALIDATION_FAILED"],
  [{ service: "feature-api", pool: "import" }, { base: 1 }, "VALIDATION_FAILED"],
  [ALIAS, { base: 1 }, "VALIDATION_FAILED"],
  [GATE, { pool_size: 1 }, "VALIDATION_FAILED"],
  [GATE, {}, "VALIDATION_FAILED"],
  [GATE, { acquire_timeout_ms: 240_000 }, "VALIDATION_FAILED"],
  [ALIAS, { pool_size: 60 }, "OVER_BUDGET"],
  [GATE, { overflow: 1_000 }, "OVER_BUDGET"],
])("%j with %j is refused as %s", (target, settings, code) => {
  expect(() => checkChange(target, settings, profile)).toThrow(expect.objectContaining({ code }));
});
