import { join } from "node:path";
import { ensureExtensions, ensureRoles, migrate, scramSecret } from "@sluice/db/migrate";
import { DATABASE, type Profile, roleSettings } from "@sluice/workloads";
import type { Sql } from "postgres";
import type { DirectConnection } from "./direct-connection.ts";
import type { PartSpec } from "./part-spec.ts";
import { HOST } from "./ports.ts";
import { type Cluster, makeCluster, SUPERUSER, writeOwned } from "./postgres-cluster.ts";
import { renderPgHba, renderPostgresConf } from "./postgres-config.ts";
import { endOrphans } from "./postgres-orphans.ts";
import type { Secrets } from "./secrets.ts";

export interface PostgresOptions {
  readonly cluster: Cluster;
  readonly profile: Profile;
  readonly port: number;
  readonly secrets: Secrets;
  readonly logFile: string;
}

/** The superuser's URL of a database. */
export function postgresUrl(
  { port, secrets }: Pick<PostgresOptions, "port" | "secrets">,
  database: string,
): string {
  return `postgres://${SUPERUSER}:${secrets.password(SUPERUSER).password}@${HOST}:${port}/${database}`;
}

/** PostgreSQL as a part; makes the cluster first if there is none. */
export async function postgresPart(
  options: PostgresOptions,
  connection: DirectConnection,
): Promise<PartSpec> {
  const { cluster, secrets, logFile } = options;
  await makeCluster(cluster, secrets.password(SUPERUSER));
  return {
    name: "postgres",
    file: join(cluster.binaries.bin, "postgres"),
    args: ["-D", cluster.data],
    cwd: cluster.place,
    account: cluster.account,
    word: cluster.data,
    logFile,
    prepare: async () => {
      await endOrphans(cluster.data);
      await configure(options);
    },
    ready: async (signal) => {
      await connection.ready(signal);
    },
    // Recovery after a crash replays what was written since the last checkpoint.
    startTimeoutMs: 120_000,
    stopSignal: "SIGINT", // "fast": ends sessions, writes a checkpoint
    forceSignal: "SIGQUIT", // "immediate": the next start recovers
    stopTimeoutMs: 30_000,
  };
}

async function configure({ cluster, profile, port }: PostgresOptions): Promise<void> {
  const conf = renderPostgresConf(profile, { host: HOST, port, binaries: cluster.binaries });
  await writeOwned(join(cluster.data, "postgresql.conf"), conf, cluster.account);
  await writeOwned(join(cluster.data, "pg_hba.conf"), renderPgHba(), cluster.account);
}

/** Creates the database, the roles with their settings and passwords, and applies the migrations. */
export async function prepareDatabase(
  options: PostgresOptions,
  sql: Sql,
  log: (line: string) => void,
): Promise<void> {
  const [found] = await sql`select 1 from pg_catalog.pg_database where datname = ${DATABASE}`;
  if (found === undefined) await sql`create database ${sql(DATABASE)}`;
  const url = postgresUrl(options, DATABASE);
  const roles = roleSettings(options.profile).map(({ role, settings }) => ({
    name: role,
    settings,
    password: secretOf(options.secrets, role),
  }));
  await ensureRoles({ url, roles, log });
  await ensureExtensions({ url, log });
  await migrate({ url, log });
}

/** The user's SCRAM secret: the same for PostgreSQL and for PgBouncer's userlist. */
export function secretOf(secrets: Secrets, user: string): string {
  const { password, salt } = secrets.password(user);
  return scramSecret(password, Buffer.from(salt, "base64"));
}
