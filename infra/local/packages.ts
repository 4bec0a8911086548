import { spawnSync } from "node:child_process";
import { keepServicesOff } from "./debian-services.ts";
import type { ProgramName } from "./programs.ts";

/** How one system installs programs. */
interface PackageManager {
  readonly command: string;
  readonly packages: Readonly<Record<ProgramName, string>>;
  /** Commands to run in turn, for the packages' names. */
  readonly steps: (packages: readonly string[]) => readonly (readonly string[])[];
  /** Homebrew refuses to run as root, the others need it. */
  readonly asRoot: boolean;
}

/** promtool comes with Prometheus. */
const SAME_NAMES = {
  pgbouncer: "pgbouncer",
  redis: "redis",
  prometheus: "prometheus",
  promtool: "prometheus",
} as const;

const PACKAGE_MANAGERS: readonly PackageManager[] = [
  {
    command: "apt-get",
    packages: { ...SAME_NAMES, redis: "redis-server" },
    steps: (packages) => [
      ["apt-get", "update", "-q"],
      ["apt-get", "install", "-y", "-q", "--no-install-recommends", ...packages],
    ],
    asRoot: true,
  },
  {
    command: "dnf",
    packages: SAME_NAMES,
    steps: (packages) => [["dnf", "install", "-y", ...packages]],
    asRoot: true,
  },
  {
    command: "apk",
    packages: SAME_NAMES,
    steps: (packages) => [["apk", "add", "--no-progress", ...packages]],
    asRoot: true,
  },
  {
    command: "brew",
    packages: SAME_NAMES,
    steps: (packages) => [["brew", "install", ...packages]],
    asRoot: false,
  },
];

/** Runs a command as whoever may install. @throws Error with the end of its output */
export type RunAsInstaller = (command: readonly string[]) => void;

/**
 * Installs programs with the system's package manager, if we may: as root or with a sudo that asks nothing.
 * No system service is left enabled or running that was not before.
 * @throws Error in one sentence that says what to install.
 */
export function installPackages(
  programs: readonly ProgramName[],
  say: (line: string) => void,
): void {
  const manager = PACKAGE_MANAGERS.find(({ command }) => isThere(command));
  const prefix = manager && installerPrefix(manager);
  const names = [...new Set(programs.map((program) => manager?.packages[program] ?? program))];
  if (manager === undefined || prefix === undefined)
    throw new Error(whatToInstall(programs, manager, names));
  say(
    `installing ${names.join(" and ")} with ${[...prefix, manager.command].join(" ")} (their services stay off)`,
  );
  const run: RunAsInstaller = ([file = "", ...args]) => runInstaller([...prefix, file, ...args]);
  const install = (): void => manager.steps(names).forEach(run);
  if (manager.command === "apt-get") keepServicesOff(run, install);
  else install();
}

function installerPrefix({ asRoot }: PackageManager): string[] | undefined {
  const isRoot = process.getuid?.() === 0;
  if (!asRoot) return isRoot ? undefined : [];
  if (isRoot) return [];
  return isThere("sudo") && spawnSync("sudo", ["-n", "true"]).status === 0
    ? ["sudo", "-n"]
    : undefined;
}

const NEEDED: Readonly<Record<ProgramName, string>> = {
  pgbouncer: "PgBouncer 1.18 or newer",
  redis: "Redis 7 or newer",
  prometheus: "Prometheus 2.42 or newer",
  promtool: "Prometheus 2.42 or newer",
};

function whatToInstall(
  programs: readonly ProgramName[],
  manager: PackageManager | undefined,
  names: readonly string[],
): string {
  const last = manager?.steps(names).at(-1)?.join(" ");
  const needed = new Set(programs.map((program) => NEEDED[program]));
  const how = last === undefined ? "" : `, e.g. ${manager?.asRoot === true ? "sudo " : ""}${last}`;
  return `Install ${[...needed].join(" and ")}${how}, then start again.`;
}

function runInstaller([file = "", ...args]: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    encoding: "utf8",
    env,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return;
  const output = `${stdout ?? ""}${stderr ?? ""}`.trim().split("\n").slice(-10).join("\n");
  throw new Error(
    `"${[file, ...args].join(" ")}" failed: ${error?.message ?? `exit code ${status}`}\n${output}`,
  );
}

function isThere(command: string): boolean {
  return spawnSync("/bin/sh", ["-c", 'command -v "$1"', "sh", command]).status === 0;
}
