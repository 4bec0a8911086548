import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import {
  isAtLeast,
  OLDEST_PGBOUNCER,
  type PgbouncerVersion,
  pgbouncerVersion,
} from "@sluice/pgbouncer";
import { installPackages } from "./packages.ts";

/** Where distributions put servers, though the PATH of an ordinary user lacks it. */
const MORE_FOLDERS = [
  "/usr/sbin",
  "/usr/local/sbin",
  "/sbin",
  "/opt/homebrew/bin",
  "/usr/local/bin",
];
const OLDEST_REDIS = 7;

/** Valkey is what Redis's commands are served by in newer distributions. */
const NAMES = {
  pgbouncer: ["pgbouncer"],
  redis: ["redis-server", "valkey-server"],
  prometheus: ["prometheus"],
  promtool: ["promtool"],
} as const;
export type ProgramName = keyof typeof NAMES;

/** Those that a stack runs; the others belong to whoever watches it. */
const OF_THE_STACK = ["pgbouncer", "redis"] as const;

export interface Programs {
  readonly pgbouncer: { readonly file: string; readonly version: PgbouncerVersion };
  readonly redis: { readonly file: string };
}

/**
 * PgBouncer and Redis: from PATH, else by the system's package manager.
 * @throws Error in one sentence that says what to install.
 */
export async function findPrograms(
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<Programs> {
  installMissing(OF_THE_STACK, env, say);
  return {
    pgbouncer: await checkedPgbouncer(requireProgram("pgbouncer", env)),
    redis: await checkedRedis(requireProgram("redis", env)),
  };
}

/** Prometheus and its promtool, likewise. @throws Error in one sentence that says what to install. */
export function findPrometheus(
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): { readonly prometheus: string; readonly promtool: string } {
  installMissing(["prometheus", "promtool"], env, say);
  return {
    prometheus: requireProgram("prometheus", env),
    promtool: requireProgram("promtool", env),
  };
}

function installMissing(
  programs: readonly ProgramName[],
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): void {
  const missing = programs.filter((name) => findProgram(name, env) === undefined);
  if (missing.length > 0) installPackages(missing, say);
}

function findProgram(program: ProgramName, env: NodeJS.ProcessEnv): string | undefined {
  const folders = [...(env["PATH"] ?? "").split(delimiter).filter(Boolean), ...MORE_FOLDERS];
  const files = NAMES[program].flatMap((name) => folders.map((folder) => join(folder, name)));
  return files.find(isExecutable);
}

function requireProgram(program: ProgramName, env: NodeJS.ProcessEnv): string {
  const file = findProgram(program, env);
  if (file === undefined)
    throw new Error(`${NAMES[program][0]} was installed, but is in none of the folders of PATH.`);
  return file;
}

async function checkedPgbouncer(file: string): Promise<Programs["pgbouncer"]> {
  const version = await pgbouncerVersion(file);
  if (isAtLeast(version, OLDEST_PGBOUNCER)) return { file, version };
  throw new Error(
    `${file} is PgBouncer ${version.major}.${version.minor}; Sluice needs ${OLDEST_PGBOUNCER.major}.${OLDEST_PGBOUNCER.minor} or newer.`,
  );
}

async function checkedRedis(file: string): Promise<Programs["redis"]> {
  const { stdout } = await promisify(execFile)(file, ["--version"], { timeout: 10_000 });
  const major = Number(/v=(\d+)/.exec(stdout)?.[1]);
  if (major >= OLDEST_REDIS) return { file };
  throw new Error(
    `${file} is too old (${stdout.trim()}); Sluice needs Redis ${OLDEST_REDIS} or newer.`,
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
