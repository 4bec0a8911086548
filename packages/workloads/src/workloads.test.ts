import { expect, test } from "vitest";
import { selectProfile } from "./profile.ts";
import { renderRoleSettings } from "./role-settings.ts";
import { WORKLOADS, loadWorkloads, parseWorkloads } from "./workloads.ts";

test("the reference profile has the gates of the field report's machine", () => {
  const { workloads } = selectProfile(loadWorkloads(), "reference");
  const gates = WORKLOADS.map((name) => [name, workloads[name].base, workloads[name].overflow]);
  expect(gates).toEqual([
    ["feature", 3, 7],
    ["training", 5, 15],
    ["sample", 5, 15],
    ["import", 10, 20],
    ["admin", 20, 30],
    ["monitor", 2, 0],
  ]);
});

test("time-outs nest: a full pool is said by the gate before PgBouncer gives up", () => {
  for (const name of Object.keys(loadWorkloads().profiles)) {
    const profile = selectProfile(loadWorkloads(), name);
    for (const workload of WORKLOADS) {
      const { acquire_timeout_ms } = profile.workloads[workload];
      expect(acquire_timeout_ms).toBeLessThan(profile.pgbouncer.query_wait_timeout_ms);
    }
  }
});

test("a fault in the file is named with its path", () => {
  expect(() => parseWorkloads("workloads: {feature: {purpose: 1}}", "x.yaml")).toThrow(
    /x\.yaml[\s\S]*\/workloads\/feature/,
  );
});

test("an unknown profile names the ones there are", () => {
  expect(() => selectProfile(loadWorkloads(), "moon")).toThrow(/reference, local/);
});

test("every role carries its time-outs and the UTC time zone", () => {
  const statements = renderRoleSettings(selectProfile(loadWorkloads(), "local"));
  expect(statements).toContain("ALTER ROLE sluice_feature SET statement_timeout = '5000ms'");
  expect(statements).toContain("ALTER ROLE sluice_monitor SET timezone = 'UTC'");
  expect(statements).toHaveLength(WORKLOADS.length * 5);
});
