import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT, shell } from "./stack-command.ts";

let directory: string;
let broken: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sluice-budget-"));
  broken = join(directory, "workloads.yaml");
  const source = readFileSync(join(ROOT, "infra/workloads.yaml"), "utf8");
  await writeFile(broken, source.replaceAll(/max_connections: \d+/g, "max_connections: 20"));
});

afterAll(() => rm(directory, { recursive: true }));

test("a service whose profile breaks the budget refuses to start and says by how much", async () => {
  const { code, stdout, stderr } = await shell("node services/feature-api/src/main.ts", {
    SLUICE_WORKLOADS_FILE: broken,
    SLUICE_PORT: "1",
    SLUICE_INTERNAL_PORT: "1",
    SLUICE_FEATURE_URL: "postgres://nobody@127.0.0.1:1/nothing",
    SLUICE_REDIS_URL: "redis://127.0.0.1:1",
  });
  expect(code).toBe(1);
  expect(stdout + stderr).toMatch(
    /server side of profile "local" asks for \d+ connections, \d+ more than the 17/,
  );
});

test("the budget command finds the same", async () => {
  const { code, stdout, stderr } = await shell("npm run -s sluice -- budget", {
    SLUICE_WORKLOADS_FILE: broken,
  });
  expect(code).toBe(1);
  expect(stdout + stderr).toContain("17");
});
