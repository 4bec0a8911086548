import { userInfo } from "node:os";
import type { AdminStore } from "@sluice/auth";
import { type DatabaseOptions, type OpenDatabase, openDatabase } from "@sluice/db";
import { createLogger, createRegistry } from "@sluice/telemetry";
import { loadWorkloads, selectProfile } from "@sluice/workloads";
import { Redis } from "ioredis";
import { type Environment, keyStoreUrls, monitorUrl } from "./environment.ts";

/** One slot, as the budget counts a console, and a shorter patience than a service's. */
const CONSOLE = { base: 1, overflow: 0, acquire_timeout_ms: 10_000 };

/** Workloads that the command line works for. */
type ConsoleWorkload = "admin" | "monitor";

/**
 * Runs `body` with the database, over PgBouncer's alias for administration or for diagnostics, and closes it.
 * @throws Error naming host and user when it cannot be opened; what `body` throws.
 */
export async function withDatabase<T>(
  environment: Environment,
  body: (store: AdminStore) => Promise<T>,
  workload: ConsoleWorkload = "admin",
): Promise<T> {
  const db = await open(environment, workload);
  try {
    return await body({ db, actor: `cli:${userName()}` });
  } finally {
    await db.close();
  }
}

/** Who runs the command; a container's user may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown");
  }
}

async function open(
  environment: Environment,
  workload: ConsoleWorkload,
): Promise<OpenDatabase<unknown>> {
  const url = workload === "admin" ? keyStoreUrls(environment).admin : monitorUrl(environment);
  const workloads = loadWorkloads(environment["SLUICE_WORKLOADS_FILE"]);
  const profile = selectProfile(workloads, environment["SLUICE_PROFILE"] ?? "local");
  const options: DatabaseOptions = {
    url,
    workload,
    settings: { ...profile.workloads[workload], ...CONSOLE },
    service: "cli",
    registry: createRegistry("cli"),
    logger: createLogger({ service: "cli", level: "silent" }),
  };
  return openDatabase<unknown>(options).catch((error: unknown) => {
    const { host, username, pathname } = new URL(url);
    const where = `${pathname.slice(1)} at ${host} as ${username}`;
    throw new Error(`cannot open ${where}; is PgBouncer running, and its password right?`, {
      cause: error,
    });
  });
}

/** The same with the Redis that services listen to, when one is known. */
export async function withKeyStore<T>(
  environment: Environment,
  body: (store: AdminStore, redis: Redis | undefined) => Promise<T>,
): Promise<T> {
  const { redis: url } = keyStoreUrls(environment);
  const redis = url === undefined ? undefined : connectRedis(url);
  try {
    return await withDatabase(environment, (store) => body(store, redis));
  } finally {
    redis?.disconnect();
  }
}

/** Tries once: what it is for can do without, and says so. */
function connectRedis(url: string): Redis {
  const redis = new Redis(url, { retryStrategy: null, connectTimeout: 1_000 });
  // The failed command tells of it; without a listener the event would end the process.
  redis.on("error", () => undefined);
  return redis;
}
