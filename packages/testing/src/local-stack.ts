import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePortBase } from "./free-port.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export interface LocalStackOptions {
  /** @default true */
  readonly demo?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  /** An empty folder. @default a new one */
  readonly home?: string;
}

export interface LocalStack {
  readonly home: string;
  /** Its stack.json. */
  readonly file: string;
  /** Idempotent. */
  stop(): Promise<void>;
}

/** A folder for a stack. */
export function makeStackHome(): Promise<string> {
  return mkdtemp(join(tmpdir(), "sluice-test-"));
}

/** Stops the stack of a home, if one runs there, and removes the home. */
export async function removeStack(home: string): Promise<void> {
  await npm({ ...process.env, SLUICE_HOME: home }, "stop");
  await rm(home, { recursive: true, force: true });
}

/** Starts a local stack on free ports, in a home of its own that is gone after `stop`. */
export async function startLocalStack(options: LocalStackOptions = {}): Promise<LocalStack> {
  const { demo = true, env = {}, home = await makeStackHome() } = options;
  const base = String(await freePortBase());
  const all = { ...process.env, ...env, SLUICE_HOME: home, SLUICE_PORT_BASE: base };
  const stop = runOnce(() => removeStack(home));
  try {
    await npm(all, "start", "--", "--detach", ...(demo ? [] : ["--no-demo"]));
  } catch (error) {
    // What did not start may not stop either; why it did not start is the news.
    await stop().catch(() => {});
    throw error;
  }
  return { home, file: join(home, "stack.json"), stop };
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
