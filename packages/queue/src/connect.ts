import type { OutageLog } from "@sluice/telemetry";
import { Redis, type RedisOptions } from "ioredis";

const CONNECT_TIMEOUT_MS = 2_000;
const RECONNECT_MAX_MS = 1_000;

/** What becomes of commands while Redis is away. */
type WhileAway = Pick<RedisOptions, "maxRetriesPerRequest" | "commandTimeout">;

export interface Connection {
  readonly redis: Redis;
  /** Something was done: the outage is over unless a connection is still away. */
  readonly worked: () => void;
  /**
   * From now on what is lost stays lost. Resolves when no connection is on its way back: BullMQ would wait for ever for
   * the end of one that it closes in between. Those that hold are not touched.
   */
  readonly stopReconnecting: () => Promise<void>;
}

/** Knows the copies that BullMQ makes of it for commands that block. */
class Original extends Redis {
  readonly copies: Redis[] = [];
  onReady: (() => void) | undefined;

  override duplicate(override?: Partial<RedisOptions>): Redis {
    const copy = super.duplicate(override);
    this.copies.push(copy);
    copy.on("ready", () => this.onReady?.());
    return copy;
  }

  get all(): readonly Redis[] {
    return [this, ...this.copies];
  }
}

/** A connection that comes back by itself. */
export function connect(url: string, outage: OutageLog, whileAway: WhileAway): Connection {
  let comesBack = true;
  const redis = new Original(url, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (attempt) => (comesBack ? Math.min(attempt * 50, RECONNECT_MAX_MS) : null),
    ...whileAway,
  });
  redis.on("error", (error) => outage.failed(error));
  redis.on("reconnecting", () => outage.failed(new Error("The connection was lost.")));
  // They come back one by one, and it is one outage.
  const worked = (): void => {
    if (redis.all.every(({ status }) => status === "ready" || status === "end")) outage.succeeded();
  };
  redis.on("ready", worked);
  redis.onReady = worked;
  const stopReconnecting = async (): Promise<void> => {
    comesBack = false;
    await Promise.all(redis.all.map(settled));
  };
  return { redis, worked, stopReconnecting };
}

async function settled(redis: Redis): Promise<void> {
  if (redis.status === "ready" || redis.status === "end") return;
  const { promise, resolve } = Promise.withResolvers<void>();
  redis.once("ready", resolve).once("end", resolve);
  await promise;
}
