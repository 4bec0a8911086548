import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { InstallationUrls } from "../doctor/installation.ts";
import { UsageError } from "./usage-error.ts";

/** The process's environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the CLI uses of the local stack's stack.json. */
interface Stack {
  readonly services: Readonly<Record<string, { readonly internal_url: string }>>;
  readonly postgres: { readonly url: string };
  readonly pgbouncer: {
    readonly urls: Readonly<Record<string, string>>;
    readonly admin_url: string;
    readonly databases_file: string;
  };
  readonly redis: { readonly url: string };
}

/** Where keys are kept. Both from the environment, or both from the local stack: never one installation's of each. */
export interface KeyStoreUrls {
  readonly admin: string;
  readonly redis: string | undefined;
}

/** @throws UsageError when neither the environment nor a local stack says where. */
export function keyStoreUrls(environment: Environment): KeyStoreUrls {
  const admin = environment["SLUICE_ADMIN_URL"];
  if (admin !== undefined && !URL.canParse(admin))
    throw new UsageError("SLUICE_ADMIN_URL is not a URL");
  if (admin !== undefined) return { admin, redis: environment["SLUICE_REDIS_URL"] };
  const { pgbouncer, redis } = readStack(environment, "SLUICE_ADMIN_URL");
  return { admin: pgbouncer.urls["admin"]!, redis: redis.url };
}

/** PgBouncer's alias for diagnostics. @throws UsageError when nothing says where */
export function monitorUrl(environment: Environment): string {
  const url = environment["SLUICE_MONITOR_URL"];
  if (url !== undefined && !URL.canParse(url))
    throw new UsageError("SLUICE_MONITOR_URL is not a URL");
  return url ?? readStack(environment, "SLUICE_MONITOR_URL").pgbouncer.urls["monitor"]!;
}

/** A connection past PgBouncer, which migrations need. @throws UsageError when nothing says where. */
export function directUrl(environment: Environment): string {
  return (
    environment["SLUICE_DATABASE_URL"] ?? readStack(environment, "SLUICE_DATABASE_URL").postgres.url
  );
}

/** The consoles of PgBouncer, and the lists of aliases that belong to them. @throws UsageError when nothing says where. */
export function fleetPlaces(environment: Environment): {
  readonly consoleUrls: string[];
  readonly databasesFiles: string[];
} {
  const urls = environment["SLUICE_PGBOUNCER_ADMIN_URLS"];
  if (urls !== undefined) {
    const files = environment["SLUICE_PGBOUNCER_DATABASES_FILES"];
    return { consoleUrls: urls.split(","), databasesFiles: files?.split(",") ?? [] };
  }
  const { pgbouncer } = readStack(environment, "SLUICE_PGBOUNCER_ADMIN_URLS");
  return { consoleUrls: [pgbouncer.admin_url], databasesFiles: [pgbouncer.databases_file] };
}

/**
 * Everything of an installation: named in the environment, or all of it of the local stack.
 * @throws UsageError when a part is not named, or nothing says where they are
 */
export function installationUrls(environment: Environment): InstallationUrls {
  const postgres = environment["SLUICE_DATABASE_URL"];
  if (postgres === undefined) {
    const stack = readStack(environment, "SLUICE_DATABASE_URL");
    const services = Object.entries(stack.services).map(([name, of]) => [name, of.internal_url]);
    return {
      postgres: stack.postgres.url,
      console: stack.pgbouncer.admin_url,
      redis: stack.redis.url,
      services: Object.fromEntries(services),
    };
  }
  const [console = ""] = neededBeside(environment, "SLUICE_PGBOUNCER_ADMIN_URLS").split(",");
  const redis = neededBeside(environment, "SLUICE_REDIS_URL");
  return { postgres, console, redis, services: listedUrls(environment["SLUICE_INTERNAL_URLS"]) };
}

function neededBeside(environment: Environment, name: string): string {
  const value = environment[name];
  if (value === undefined) throw new UsageError(`SLUICE_DATABASE_URL is set, and ${name} is not`);
  return value;
}

/** `feature-api=http://10.0.0.7:8101,…` */
function listedUrls(text = ""): Record<string, string> {
  const pairs = text.split(",").filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = "", url = ""] = pair.split(/=(.*)/s);
      if (URL.canParse(url)) return [name, url];
      throw new UsageError(`SLUICE_INTERNAL_URLS has no URL in "${pair}"`);
    }),
  );
}

function readStack(environment: Environment, instead: string): Stack {
  const file = join(environment["SLUICE_HOME"] ?? ".sluice", "stack.json");
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Stack;
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === "ENOENT" ? "is not there" : "cannot be read";
    throw new UsageError(
      `${instead} is not set and ${file} ${reason}: set it, or start the local stack (npm start)`,
      {
        cause: error,
      },
    );
  }
}
