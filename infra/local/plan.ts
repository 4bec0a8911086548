import { join } from "node:path";
import { loadWorkloads, type Profile, selectProfile, WORKLOADS } from "@sluice/workloads";
import { type Account, unprivilegedAccount } from "./account.ts";
import type { Home } from "./home.ts";
import { CONSOLE_USER, type PgbouncerOptions, STATS_USER } from "./pgbouncer.ts";
import { makePlace } from "./place.ts";
import { type Ports, portsFor } from "./ports.ts";
import type { PostgresOptions } from "./postgres.ts";
import { findPostgres } from "./postgres-binaries.ts";
import { SUPERUSER } from "./postgres-cluster.ts";
import { findPrograms } from "./programs.ts";
import { REDIS_USER, type RedisOptions } from "./redis.ts";
import { Secrets } from "./secrets.ts";

/** What stands in secrets.json under this name is no user's: services change each other's gates with it. */
export const CONTROL_TOKEN = "control_token";

/** All that is known before the first part is started. */
export interface Plan {
  readonly ports: Ports;
  readonly profile: Profile;
  readonly secrets: Secrets;
  readonly postgres: PostgresOptions;
  readonly pgbouncer: PgbouncerOptions;
  readonly redis: RedisOptions;
}

/** The figures and ports of a stack; cheap, and without effects. @throws Error for a bad setting */
export function settingsFrom(env: NodeJS.ProcessEnv): Pick<Plan, "ports" | "profile"> {
  const workloads = loadWorkloads(env["SLUICE_WORKLOADS_FILE"]);
  return {
    ports: portsFor(env),
    profile: selectProfile(workloads, env["SLUICE_PROFILE"] ?? "local"),
  };
}

/** Finds the programs (installing what is missing), makes the folders and the passwords. */
export async function makePlan(
  home: Home,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<Plan> {
  const { ports, profile } = settingsFrom(env);
  const programs = await findPrograms(env, say);
  const account = unprivilegedAccount(env, join(home.root, "postgres", "data"));
  const roles = WORKLOADS.map((workload) => profile.workloads[workload].role);
  const secrets = await Secrets.open(home.secretsFile, [
    SUPERUSER,
    ...roles,
    CONSOLE_USER,
    STATS_USER,
    REDIS_USER,
    CONTROL_TOKEN,
  ]);
  const common = { account, ports, profile, secrets };
  return {
    ports,
    profile,
    secrets,
    postgres: await planPostgres(home, env, common),
    pgbouncer: {
      ...common,
      program: programs.pgbouncer,
      place: await makePlace(home, "pgbouncer", account),
      logFile: logOf(home, "pgbouncer"),
    },
    redis: {
      ...common,
      program: programs.redis,
      place: await makePlace(home, "redis", account),
      port: ports.redis,
      logFile: logOf(home, "redis"),
    },
  };
}

interface Common extends Pick<Plan, "ports" | "profile" | "secrets"> {
  readonly account: Account | undefined;
}

async function planPostgres(
  home: Home,
  env: NodeJS.ProcessEnv,
  common: Common,
): Promise<PostgresOptions> {
  const { account, ports, profile, secrets } = common;
  const place = await makePlace(home, "postgres", account);
  const binaries = await findPostgres(env, place, account);
  const cluster = { place, data: join(place, "data"), binaries, account };
  return { cluster, profile, port: ports.postgres, secrets, logFile: logOf(home, "postgres") };
}

function logOf(home: Home, part: string): string {
  return join(home.logs, `${part}.log`);
}
