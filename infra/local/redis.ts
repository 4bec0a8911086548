import { join } from "node:path";
import { Redis } from "ioredis";
import type { Account } from "./account.ts";
import type { PartSpec } from "./part-spec.ts";
import { HOST } from "./ports.ts";
import { writeOwned } from "./postgres-cluster.ts";
import type { Secrets } from "./secrets.ts";
import { until } from "./until.ts";

export const REDIS_USER = "redis";

export interface RedisOptions {
  readonly program: { readonly file: string };
  readonly place: string;
  readonly account: Account | undefined;
  readonly port: number;
  readonly secrets: Secrets;
  readonly logFile: string;
}

/** Redis as a part. */
export function redisPart(options: RedisOptions): PartSpec {
  const { program, place, account, logFile } = options;
  const conf = join(place, "redis.conf");
  return {
    name: "redis",
    file: program.file,
    args: [conf],
    cwd: place,
    account,
    word: conf,
    logFile,
    prepare: () => writeOwned(conf, renderRedisConf(options), account),
    ready: (signal) => answers(redisUrl(options), signal),
    startTimeoutMs: 20_000,
    stopSignal: "SIGTERM",
    forceSignal: "SIGKILL",
    stopTimeoutMs: 5_000,
  };
}

export function redisUrl({ port, secrets }: Pick<RedisOptions, "port" | "secrets">): string {
  return `redis://:${secrets.password(REDIS_USER).password}@${HOST}:${port}/0`;
}

/** The text of `redis.conf`. Nothing is written to disk: Redis is never the truth here. */
export function renderRedisConf({
  port,
  place,
  secrets,
}: Pick<RedisOptions, "port" | "place" | "secrets">): string {
  const lines = [
    `bind ${HOST}`,
    `port ${port}`,
    `dir "${place}"`,
    `requirepass ${secrets.password(REDIS_USER).password}`,
    'save ""',
    "appendonly no",
    // A queue that loses keys under memory pressure is broken: BullMQ asks for refusal instead.
    "maxmemory-policy noeviction",
    // Keeps the path of this file on the command line, by which the process is known.
    "set-proc-title no",
  ];
  return ["# Generated at every start.", ...lines, ""].join("\n");
}

async function answers(url: string, signal: AbortSignal): Promise<void> {
  await until(() => ping(url), { everyMs: 50, signal });
}

async function ping(url: string): Promise<string | undefined> {
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 2_000,
  });
  redis.on("error", () => undefined); // the call below reports it
  try {
    await redis.connect();
    return await redis.ping();
  } catch (error) {
    if (error instanceof Error && /WRONGPASS|NOAUTH/.test(error.message)) throw error;
    return undefined;
  } finally {
    redis.disconnect();
  }
}
