import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadWorkloads, selectProfile } from "@sluice/workloads";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findPrometheus } from "../local/programs.ts";
import type { Alert } from "./alert.ts";
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

/** Writes an alert's tests. By itself: promtool evaluates every rule of the file at every moment of every test. */
function writeTests(alert: Alert): string {
  const file = `${alert.name}.yml`;
  writeFileSync(join(directory, file), renderRules(profile, { alone: [alert] }));
  writeFileSync(join(directory, `tests-${file}`), renderRuleTests([alert], file));
  return `tests-${file}`;
}

test("every rule fires by its series, and stays quiet by the others", async () => {
  const { code, output } = await run("test", "rules", ...alerts.map(writeTests));
  expect({ code, output }).toMatchObject({ code: 0 });
  expect(output.match(/SUCCESS/g)).toHaveLength(alerts.length);
}, 240_000);

test("a rule whose threshold moves is noticed by its test", async () => {
  const first = alerts[0]!;
  const rules = renderRules(profile, { alone: [first] });
  const moved = rules.replace(
    "(postgres_usable_connections) > 0.8\n",
    "(postgres_usable_connections) > 0.95\n",
  );
  expect(moved).not.toBe(rules);
  writeFileSync(join(directory, "moved.yml"), moved);
  writeFileSync(join(directory, "moved-tests.yml"), renderRuleTests([first], "moved.yml"));
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
