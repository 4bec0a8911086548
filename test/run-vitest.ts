import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Counts } from "./check.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

export interface VitestRun {
  /** Names of projects; all when empty. */
  readonly projects: readonly string[];
  /** Parts of paths; all files when empty. */
  readonly files: readonly string[];
  /** Patterns of files that are left out. @default none */
  readonly excluded?: readonly string[];
  /** The folder of another PostgreSQL's binaries. */
  readonly postgres: string | undefined;
}

/** The part of vitest's JSON report that is counted. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly unknown[];
  }[];
}

/** Runs vitest, its output passing through, and counts what it reports. */
export async function runVitest(run: VitestRun): Promise<Counts> {
  const { projects, files, excluded = [], postgres } = run;
  const directory = await mkdtemp(join(tmpdir(), "sluice-report-"));
  try {
    const report = join(directory, "report.json");
    const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const env = { ...process.env, ...(postgres === undefined ? {} : { SLUICE_PG_BIN: postgres }) };
    const chosen = [
      ...projects.map((name) => `--project=${name}`),
      ...excluded.map((pattern) => `--exclude=${pattern}`),
      ...files,
    ];
    const child = spawn(join(ROOT, "node_modules/.bin/vitest"), [...args, ...chosen], {
      cwd: ROOT,
      env,
      stdio: "inherit",
    });
    const [code] = (await once(child, "exit")) as [number | null];
    return count(await readReport(report), code);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function readReport(file: string): Promise<Report | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Report);
}

/** A file that did not load has no failed test, and an error outside of all tests neither: each counts as one. */
function count(report: Report | undefined, code: number | null): Counts {
  if (report === undefined) return { passed: 0, failed: 1 };
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  const failed = report.numFailedTests + unloaded.length;
  return { passed: report.numPassedTests, failed: code === 0 ? failed : Math.max(failed, 1) };
}
