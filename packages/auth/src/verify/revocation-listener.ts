import type { Logger } from "@sluice/telemetry";
import type { Redis, RedisOptions } from "ioredis";
import { REVOCATION_CHANNEL } from "../revocation-channel.ts";

export interface RevocationListenerOptions {
  /** Settings are taken from it; the subscription has a connection of its own. */
  readonly redis: Redis;
  readonly logger: Logger;
  readonly onRevoked: (keyId: string) => void;
  /** Messages may have been missed until now, none will be from now on. */
  readonly onGap: () => void;
}

const RECONNECT_MAX_MS = 1_000;

const SUBSCRIPTION: Partial<RedisOptions> = {
  // Subscribed anew by hand: ioredis would not say when the gap has ended.
  autoResubscribe: false,
  maxRetriesPerRequest: null,
  retryStrategy: (attempt) => Math.min(attempt * 50, RECONNECT_MAX_MS),
  lazyConnect: false,
};

/** Hears of revocations for as long as Redis is there, and comes back by itself when it was not. */
export class RevocationListener {
  readonly #options: RevocationListenerOptions;
  readonly #connection: Redis;
  #isListening = false;
  #wasWarned = false;

  constructor(options: RevocationListenerOptions) {
    this.#options = options;
    this.#connection = options.redis.duplicate(SUBSCRIPTION);
    this.#connection.on("ready", () => void this.#subscribe());
    this.#connection.on("message", (_channel, keyId: string) => options.onRevoked(keyId));
    this.#connection.on("error", (error) => this.#lost(error));
    this.#connection.on("close", () => this.#lost());
  }

  /** Whether a revocation is heard at once; else it takes as long as an entry of the cache lives. */
  get isListening(): boolean {
    return this.#isListening;
  }

  close(): void {
    this.#connection.removeAllListeners();
    // A socket may still fail while it closes, and an error that nobody listens to ends the process.
    this.#connection.on("error", () => undefined);
    this.#connection.disconnect();
    this.#isListening = false;
  }

  async #subscribe(): Promise<void> {
    try {
      await this.#connection.subscribe(REVOCATION_CHANNEL);
    } catch (error) {
      this.#lost(error);
      this.#connection.disconnect(true);
      return;
    }
    this.#isListening = true;
    this.#wasWarned = false;
    this.#options.onGap();
    this.#options.logger.info("listening for key revocations");
  }

  #lost(error?: unknown): void {
    this.#isListening = false;
    if (this.#wasWarned) return;
    this.#wasWarned = true;
    const consequence = "Redis cannot be reached: a revoked key may be accepted for up to 10 s";
    this.#options.logger.warn({ err: error }, consequence);
  }
}
