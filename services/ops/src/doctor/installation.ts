import { PgbouncerConsole } from "@sluice/pgbouncer";
import type { Profile } from "@sluice/workloads";
import { Redis } from "ioredis";
import postgres, { type Sql } from "postgres";

/** Where everything of an installation is. */
export interface InstallationUrls {
  /** PostgreSQL, past PgBouncer: what is asked must not depend on what is examined. */
  readonly postgres: string;
  readonly console: string;
  readonly redis: string;
  /** Internal listeners of the services, by name. */
  readonly services: Readonly<Record<string, string>>;
}

/** What every check may look at. */
export interface Installation {
  readonly profile: Profile;
  readonly urls: InstallationUrls;
  readonly sql: Sql;
  readonly console: PgbouncerConsole;
  readonly redis: Redis;
  /** This machine's clock, milliseconds. */
  readonly now: () => number;
  /** For how long an index must have gone without a use to be called unused. */
  readonly unusedAfterMs: number;
}

export type InstallationOptions = Pick<Installation, "profile" | "urls" | "now" | "unusedAfterMs">;

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;

/** Opens what the checks need, runs `body` and closes it. Nothing is connected before a check asks for it. */
export async function withInstallation<T>(
  options: InstallationOptions,
  body: (installation: Installation) => Promise<T>,
): Promise<T> {
  const { urls } = options;
  const sql = openPostgres(urls.postgres);
  const console = new PgbouncerConsole({ url: urls.console, applicationName: "sluice-doctor" });
  const redis = new Redis(urls.redis, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: CONNECT_TIMEOUT_MS,
  });
  redis.on("error", () => undefined); // the command that fails reports it
  try {
    return await body({ ...options, sql, console, redis });
  } finally {
    redis.disconnect();
    await console.close();
    await sql.end({ timeout: 1 });
  }
}

function openPostgres(url: string): Sql {
  return postgres(url, {
    max: 1,
    prepare: false,
    connect_timeout: CONNECT_TIMEOUT_MS / 1000,
    onnotice: () => undefined,
    connection: {
      application_name: "sluice-doctor",
      search_path: "",
      statement_timeout: STATEMENT_TIMEOUT_MS,
    },
  });
}
