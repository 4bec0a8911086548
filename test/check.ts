import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** What must hold of the source before anything is run, the quickest first. */
const STEPS = {
  format: ["oxfmt", "--check"],
  lint: ["oxlint", "--deny-warnings"],
  types: ["tsc", "-p", "."],
  boundaries: ["turbo", "boundaries"],
  generated: ["node", "infra/generate.ts", "--check"],
} as const;

export interface Counts {
  readonly passed: number;
  /** What failed: its name, and below it what was wrong. */
  readonly failures: readonly string[];
}

/** Runs every step, also after one failed: all faults are told at once. Prints each with its time. */
export async function check(): Promise<Counts> {
  const failures: string[] = [];
  const steps = Object.entries(STEPS);
  for (const [name, command] of steps) {
    if (!(await runStep(name, command))) failures.push(`the check "${name}", see above`);
  }
  return { passed: steps.length - failures.length, failures };
}

async function runStep(name: string, [command = "", ...args]: readonly string[]): Promise<boolean> {
  const started = performance.now();
  // Turbo reports each use to its vendor unless told not to.
  const env = {
    ...process.env,
    PATH: `${ROOT}node_modules/.bin:${process.env["PATH"]}`,
    TURBO_TELEMETRY_DISABLED: "1",
  };
  const child = spawn(command, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${code === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)\n`);
  if (code !== 0) process.stdout.write(`${output.trimEnd()}\n`);
  return code === 0;
}

if (import.meta.main) {
  const { failures } = await check();
  process.exitCode = failures.length === 0 ? 0 : 1;
}
