import { join } from "node:path";
import {
  isAtLeast,
  PgbouncerConsole,
  type PgbouncerTarget,
  type PgbouncerVersion,
  renderDatabases,
  renderPgbouncerIni,
  renderUserlist,
} from "@sluice/pgbouncer";
import { type Profile, type WorkloadName, WORKLOADS } from "@sluice/workloads";
import type { Account } from "./account.ts";
import type { PartSpec } from "./part-spec.ts";
import { HOST, type Ports } from "./ports.ts";
import { secretOf } from "./postgres.ts";
import { writeOwned } from "./postgres-cluster.ts";
import type { Secrets } from "./secrets.ts";
import { until } from "./until.ts";

/** Users that exist in PgBouncer only: one may change things on its console, one may look. */
export const CONSOLE_USER = "sluice_console";
export const STATS_USER = "sluice_stats";

export interface PgbouncerOptions {
  readonly program: { readonly file: string; readonly version: PgbouncerVersion };
  readonly place: string;
  readonly account: Account | undefined;
  readonly profile: Profile;
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly logFile: string;
}

/** PgBouncer as a part. */
export function pgbouncerPart(options: PgbouncerOptions): PartSpec {
  const { program, place, account, logFile } = options;
  const ini = join(place, "pgbouncer.ini");
  return {
    name: "pgbouncer",
    file: program.file,
    args: [ini],
    cwd: place,
    account,
    word: ini,
    logFile,
    prepare: () => configure(options, ini),
    ready: (signal) => answers(options, signal),
    startTimeoutMs: 20_000,
    // What ends it at once. Since 1.23 SIGTERM waits for every client to leave.
    stopSignal: isAtLeast(program.version, { major: 1, minor: 23 }) ? "SIGQUIT" : "SIGTERM",
    forceSignal: "SIGKILL",
    stopTimeoutMs: 5_000,
  };
}

/** The URL of each workload's alias. */
export function workloadUrls({
  profile,
  ports,
  secrets,
}: Pick<PgbouncerOptions, "profile" | "ports" | "secrets">): Record<WorkloadName, string> {
  const urls = WORKLOADS.map((workload) => {
    const { role, alias } = profile.workloads[workload];
    return [workload, pooledUrl(role, secrets, ports, alias)];
  });
  return Object.fromEntries(urls) as Record<WorkloadName, string>;
}

/** The URL of PgBouncer's console. */
export function consoleUrl({
  ports,
  secrets,
}: Pick<PgbouncerOptions, "ports" | "secrets">): string {
  return pooledUrl(CONSOLE_USER, secrets, ports, "pgbouncer");
}

function pooledUrl(user: string, secrets: Secrets, ports: Ports, database: string): string {
  return `postgres://${user}:${secrets.password(user).password}@${HOST}:${ports.pgbouncer}/${database}`;
}

async function configure(
  { program, place, account, profile, ports, secrets }: PgbouncerOptions,
  ini: string,
): Promise<void> {
  const userlistFile = join(place, "userlist.txt");
  const users = [
    ...WORKLOADS.map((workload) => profile.workloads[workload].role),
    CONSOLE_USER,
    STATS_USER,
  ];
  const userlist = renderUserlist(users.map((user) => ({ user, secret: secretOf(secrets, user) })));
  const target: PgbouncerTarget = {
    version: program.version,
    listen: { host: HOST, port: ports.pgbouncer },
    postgres: { host: HOST, port: ports.postgres },
    userlistFile,
    databasesFile: databasesFile(place),
    adminUser: CONSOLE_USER,
    statsUser: STATS_USER,
  };
  await writeOwned(userlistFile, userlist, account);
  await writeOwned(target.databasesFile, renderDatabases(profile, target), account);
  await writeOwned(ini, renderPgbouncerIni(profile, target), account);
}

/** The aliases with their pool sizes, which the autoscaler rewrites. */
export function databasesFile(place: string): string {
  return join(place, "databases.ini");
}

async function answers(options: PgbouncerOptions, signal: AbortSignal): Promise<void> {
  const url = consoleUrl(options);
  await until(
    async () => {
      const console = new PgbouncerConsole({
        url,
        applicationName: "sluice-supervisor",
        timeoutMs: 2_000,
      });
      try {
        return await console.version();
      } catch (error) {
        if ((error as { code?: unknown }).code === "28P01") throw error;
        return undefined;
      } finally {
        await console.close();
      }
    },
    { everyMs: 50, signal },
  );
}
