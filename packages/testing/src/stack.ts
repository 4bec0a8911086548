import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePortBase } from "./free-port.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

interface LocalStack {
  /** Idempotent. */
  stop(): Promise<void>;
}

/**
 * The global set-up of the test projects that need a stack: whichever comes first starts it, all of them use
 * the same, and it is stopped when the run ends. `SLUICE_STACK` in the environment names one that runs
 * already; that one is used and left running.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const stack = await (shared().stack ??= startStack());
  return () => stack.stop();
}

/** Each project loads this module for itself; only the process is common to them. */
function shared(): { stack?: Promise<LocalStack> } {
  const key = Symbol.for("sluice.testing.stack");
  const registry = globalThis as { [key]?: { stack?: Promise<LocalStack> } };
  return (registry[key] ??= {});
}

async function startStack(): Promise<LocalStack> {
  if (process.env["SLUICE_STACK"] !== undefined) return { stop: async () => {} };
  const home = await mkdtemp(join(tmpdir(), "sluice-test-"));
  const env = {
    ...process.env,
    SLUICE_HOME: home,
    SLUICE_PORT_BASE: String(await freePortBase()),
    // What fails eight times is given up within seconds instead of minutes.
    SLUICE_OUTBOX_BACKOFF_MS: "50",
  };
  const stop = runOnce(async () => {
    await npm(env, "stop");
    await rm(home, { recursive: true, force: true });
  });
  try {
    await npm(env, "start", "--", "--detach");
  } catch (error) {
    // What did not start may not stop either; why it did not start is the news.
    await stop().catch(() => {});
    throw error;
  }
  // Vitest's workers are started later, with this environment.
  process.env["SLUICE_STACK"] = join(home, "stack.json");
  return { stop };
}

async function npm(env: NodeJS.ProcessEnv, ...command: string[]): Promise<void> {
  const child = spawn("npm", ["--silent", ...command], {
    cwd: ROOT,
    env,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  if (code !== 0) throw new Error(`npm ${command.join(" ")} ended with ${code ?? signal}`);
}

function runOnce<T>(body: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= body());
}
