import type { Logger } from "@sluice/telemetry";
import type { Redis, RedisOptions } from "ioredis";

export interface ChannelListenerOptions {
  /** Settings are taken from it; the subscription has a connection of its own. */
  readonly redis: Redis;
  readonly channel: string;
  readonly logger: Logger;
  readonly onMessage: (message: string) => void;
  /** Messages may have been missed until now, none will be from now on. */
  readonly onGap: () => void;
  /** What it means that messages get lost, for the log. */
  readonly consequence: string;
}

const RECONNECT_MAX_MS = 1_000;

const SUBSCRIPTION: Partial<RedisOptions> = {
  // Subscribed anew by hand: ioredis would not say when the gap has ended.
  autoResubscribe: false,
  maxRetriesPerRequest: null,
  retryStrategy: (attempt) => Math.min(attempt * 50, RECONNECT_MAX_MS),
  lazyConnect: false,
};

/** Hears a channel for as long as Redis is there, and comes back by itself when it was not. */
export class ChannelListener {
  readonly #options: ChannelListenerOptions;
  readonly #connection: Redis;
  #isListening = false;
  #wasWarned = false;

  constructor(options: ChannelListenerOptions) {
    this.#options = options;
    this.#connection = options.redis.duplicate(SUBSCRIPTION);
    this.#connection.on("ready", () => void this.#subscribe());
    this.#connection.on("message", (_channel, message: string) => options.onMessage(message));
    this.#connection.on("error", (error) => this.#lost(error));
    this.#connection.on("close", () => this.#lost());
  }

  /** Whether messages are heard at this moment. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /** Idempotent. */
  close(): void {
    this.#connection.removeAllListeners();
    // A socket may still fail while it closes, and an error that nobody listens to ends the process.
    this.#connection.on("error", () => undefined);
    this.#connection.disconnect();
    this.#isListening = false;
  }

  async #subscribe(): Promise<void> {
    const { channel, logger, onGap } = this.#options;
    try {
      await this.#connection.subscribe(channel);
    } catch (error) {
      this.#lost(error);
      this.#connection.disconnect(true);
      return;
    }
    this.#isListening = true;
    this.#wasWarned = false;
    onGap();
    logger.info({ channel }, "listening to Redis");
  }

  #lost(error?: unknown): void {
    this.#isListening = false;
    if (this.#wasWarned) return;
    this.#wasWarned = true;
    const { channel, logger, consequence } = this.#options;
    logger.warn({ channel, err: error }, `Redis cannot be reached: ${consequence}`);
  }
}
