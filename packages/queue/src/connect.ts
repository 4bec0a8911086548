import type { OutageLog } from "@sluice/telemetry";
import { Redis, type RedisOptions } from "ioredis";

const CONNECT_TIMEOUT_MS = 2_000;
const RECONNECT_MAX_MS = 1_000;

/** What becomes of commands while Redis is away. */
type WhileAway = Pick<RedisOptions, "maxRetriesPerRequest" | "commandTimeout">;

/** A connection that comes back by itself for as long as it is not closed. */
export function connect(url: string, outage: OutageLog, whileAway: WhileAway): Redis {
  const redis = new Redis(url, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(attempt * 50, RECONNECT_MAX_MS),
    ...whileAway,
  });
  redis.on("error", (error) => outage.failed(error));
  redis.on("close", () => outage.failed(new Error("The connection was closed.")));
  redis.on("ready", () => outage.succeeded());
  return redis;
}

/** Closes it at once. A socket may still fail while it closes: nobody needs to hear of that. */
export function disconnect(redis: Redis): void {
  redis.removeAllListeners();
  redis.on("error", () => undefined);
  redis.disconnect();
}
