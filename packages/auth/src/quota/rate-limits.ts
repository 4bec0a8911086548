import { SluiceError } from "@sluice/errors";
import type { Redis, RedisOptions } from "ioredis";
import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";

/** A limit must not cost more than what it limits. */
const REDIS_TIMEOUT_MS = 50;
const RECONNECT_MAX_MS = 1_000;

const CONNECTION: Partial<RedisOptions> = {
  lazyConnect: false,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  retryStrategy: (attempt) => Math.min(attempt * 50, RECONNECT_MAX_MS),
};

export interface RateLimitsOptions {
  /** Settings are taken from it; the limits have a connection of their own. */
  readonly redis: Redis;
  /** Redis that has not answered by then is treated as gone. @default 50 */
  readonly redisTimeoutMs?: number | undefined;
  /** A request was admitted without being counted. */
  readonly onUnchecked: (error: unknown) => void;
}

/** Requests a second for each tenant, counted in Redis for all services and instances together. */
export class RateLimits {
  readonly #options: RateLimitsOptions;
  readonly #connection: Redis;
  /** Tenants that are over their rate, until when by `performance.now()`, and what they are told. */
  readonly #over = new Map<string, { until: number; error: SluiceError }>();
  /** One limiter for each rate there is; tenants are its keys. */
  readonly #limiters = new Map<number, RateLimiterRedis>();

  constructor(options: RateLimitsOptions) {
    this.#options = options;
    const { redis, redisTimeoutMs: commandTimeout = REDIS_TIMEOUT_MS } = options;
    this.#connection = redis.duplicate({ ...CONNECTION, commandTimeout });
    // Each request that could not be counted says so; without a listener ioredis would end the process.
    this.#connection.on("error", () => undefined);
  }

  /**
   * Counts one request of the tenant. Without Redis everybody is admitted: a limit protects the service from its
   * tenants, and must not become a fault of its own.
   * @throws SluiceError QUOTA_EXCEEDED with the time until the next window.
   */
  async consume(tenantId: string, perSecond: number): Promise<void> {
    try {
      await this.#limiter(perSecond).consume(tenantId);
    } catch (outcome) {
      if (!(outcome instanceof RateLimiterRes)) return this.#options.onUnchecked(outcome);
      const error = rateExceeded(perSecond, outcome.msBeforeNext);
      this.#over.set(tenantId, { until: performance.now() + outcome.msBeforeNext, error });
      throw error;
    }
  }

  /** What a tenant that is over its rate is told for the rest of its second: nothing asks Redis for it. */
  refusalOf(tenantId: string): SluiceError | undefined {
    const over = this.#over.get(tenantId);
    if (over === undefined || performance.now() < over.until) return over?.error;
    this.#over.delete(tenantId);
    return undefined;
  }

  close(): void {
    this.#connection.disconnect();
  }

  #limiter(perSecond: number): RateLimiterRedis {
    let limiter = this.#limiters.get(perSecond);
    if (limiter === undefined) {
      limiter = new RateLimiterRedis({
        storeClient: this.#connection,
        keyPrefix: "sluice:rate",
        points: perSecond,
        duration: 1,
        rejectIfRedisNotReady: true,
      });
      this.#limiters.set(perSecond, limiter);
    }
    return limiter;
  }
}

function rateExceeded(perSecond: number, msBeforeNext: number): SluiceError {
  const detail = `The tenant may send ${perSecond} requests a second. Repeat the request later, or ask for a higher quota.`;
  return new SluiceError("QUOTA_EXCEEDED", detail, {
    extra: { quota: "requests_per_second", limit: perSecond },
    retryAfterSeconds: msBeforeNext / 1_000,
  });
}
