import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Counts } from "./check.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** What was expected, and where; the whole of it stands in vitest's own output. */
const LINES_OF_A_FAILURE = 15;

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
  readonly testResults: readonly {
    /** The file. */
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
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
  if (report === undefined) return { passed: 0, failures: ["vitest ended without a report"] };
  const failures = report.testResults.flatMap(failuresOf);
  if (code !== 0 && failures.length === 0)
    failures.push("an error outside of all tests, see above");
  return { passed: report.numPassedTests, failures };
}

function failuresOf(file: Report["testResults"][number]): string[] {
  const path = relative(ROOT, file.name);
  if (file.status === "failed" && file.assertionResults.length === 0) {
    return [`${path} did not load\n${file.message}`];
  }
  return file.assertionResults
    .filter(({ status }) => status === "failed")
    .map(({ fullName, failureMessages }) =>
      [`${path} > ${fullName}`, ...(failureMessages ?? []).map(beginning)].join("\n"),
    );
}

/** Of the stack, our own files. */
const beginning = (message: string) =>
  message
    .split("\n")
    .filter((line) => !/^ +at .*(node_modules|<anonymous>)/.test(line))
    .slice(0, LINES_OF_A_FAILURE)
    .join("\n");
