import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadWorkloads, selectProfile } from "@sluice/workloads";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findPrometheus } from "../local/programs.ts";
import { renderRuleTests } from "./rule-tests.ts";
import { alertGroups, renderRules, runbookOf } from "./rules.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const profile = selectProfile(loadWorkloads(), "reference");
const alerts = Object.values(alertGroups(profile)).flat();

let directory: string;
let promtool: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "sluice-rules-"));
  ({ promtool } = findPrometheus(process.env, () => undefined));
  writeFileSync(join(directory, "rules.yml"), renderRules(profile));
  writeFileSync(join(directory, "tests.yml"), renderRuleTests(alerts, "rules.yml"));
}, 240_000);
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs promtool. @returns its exit code with all that it said */
function run(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(promtool, args, { cwd: directory }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

test("Prometheus takes every rule and every template", async () => {
  const { code, output } = await run("check", "rules", "rules.yml");
  expect({ code, output }).toMatchObject({
    code: 0,
    output: expect.stringContaining(`${alerts.length} rules found`),
  });
});

test("every rule fires by its series, and stays quiet by the others", async () => {
  const { code, output } = await run("test", "rules", "tests.yml");
  expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining("SUCCESS") });
}, 240_000);

test("a rule whose threshold moves is noticed by its test", async () => {
  const moved = renderRules(profile).replace(
    "(postgres_usable_connections) > 0.8\n",
    "(postgres_usable_connections) > 0.95\n",
  );
  expect(moved).not.toBe(renderRules(profile));
  writeFileSync(join(directory, "moved.yml"), moved);
  writeFileSync(
    join(directory, "moved-tests.yml"),
    renderRuleTests(alerts.slice(0, 1), "moved.yml"),
  );
  expect(await run("test", "rules", "moved-tests.yml")).toMatchObject({ code: 1 });
});

test.each(alerts)("$name has a runbook", (alert) => {
  const path = join(ROOT, runbookOf(alert));
  expect(existsSync(path), path).toBe(true);
  expect(readFileSync(path, "utf8")).toContain(`# ${alert.name}\n`);
});

test("names are unique", () => {
  expect(new Set(alerts.map(({ name }) => name)).size).toBe(alerts.length);
});
