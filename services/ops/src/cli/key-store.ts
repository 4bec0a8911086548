import type { KeyStore, Queryable } from "@sluice/auth";
import { type DatabaseOptions, type OpenDatabase, openDatabase } from "@sluice/db";
import { createLogger, createRegistry } from "@sluice/telemetry";
import { loadWorkloads, selectProfile } from "@sluice/workloads";
import { Redis } from "ioredis";
import { type Environment, keyStoreUrls } from "./environment.ts";

/** One slot, as the budget counts a console, and a shorter patience than a service's. */
const CONSOLE = { base: 1, overflow: 0, acquire_timeout_ms: 10_000 };

/**
 * Runs `body` with the database of keys, over PgBouncer's alias for administration, and closes it.
 * @throws Error naming host and user when it cannot be opened; what `body` throws.
 */
export async function withDatabase<T>(
  environment: Environment,
  body: (db: Queryable) => Promise<T>,
): Promise<T> {
  const db = await open(environment);
  try {
    return await body(db);
  } finally {
    await db.close();
  }
}

async function open(environment: Environment): Promise<OpenDatabase<unknown>> {
  const { admin: url } = keyStoreUrls(environment);
  const workloads = loadWorkloads(environment["SLUICE_WORKLOADS_FILE"]);
  const profile = selectProfile(workloads, environment["SLUICE_PROFILE"] ?? "local");
  const options: DatabaseOptions = {
    url,
    workload: "admin",
    settings: { ...profile.workloads.admin, ...CONSOLE },
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
  body: (store: KeyStore) => Promise<T>,
): Promise<T> {
  const { redis: url } = keyStoreUrls(environment);
  const redis = url === undefined ? undefined : connectRedis(url);
  try {
    return await withDatabase(environment, (db) => body({ db, redis }));
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
