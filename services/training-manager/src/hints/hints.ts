import { randomUUID } from "node:crypto";
import { ChannelListener } from "@sluice/pubsub";
import type { Logger } from "@sluice/telemetry";
import type { Redis, RedisOptions } from "ioredis";
import { Counter, Gauge, type Registry } from "prom-client";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { Hint } from "./hint.ts";

export type { Hint };

/** The number is that of the message's form: instances that write another one do not hear each other, and poll. */
const CHANNEL = "sluice:jobs:1";

/** Redis that has not answered by then has missed the hint, which would be of no more use. */
const PUBLISH_TIMEOUT_MS = 1_000;
const RECONNECT_MAX_MS = 1_000;

const PUBLISHING: Partial<RedisOptions> = {
  lazyConnect: false,
  // A hint that comes late is none.
  enableOfflineQueue: false,
  commandTimeout: PUBLISH_TIMEOUT_MS,
  maxRetriesPerRequest: 0,
  retryStrategy: (attempt) => Math.min(attempt * 50, RECONNECT_MAX_MS),
};

export interface HintsOptions {
  /** Without it hints stay in this process. Only its settings are used. */
  readonly redis?: Redis | undefined;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** Somebody who wants to know early. Neither may throw or take long: the writer that gives the hint calls them. */
export interface HintListener {
  onHint(hint: Hint): void;
  /** Hints may have been missed until now. */
  onGap(): void;
}

/** On the channel: which instance says it, and the hint. */
const Message = Type.Object({ origin: Type.String(), hint: Hint });

/** Carries hints to whoever listens: in this process at once, to the other instances over Redis while it is there. */
export class Hints {
  readonly #origin = randomUUID();
  readonly #listeners = new Set<HintListener>();
  readonly #publisher: Redis | undefined;
  readonly #subscription: ChannelListener | undefined;
  readonly #unpublished: Counter;

  constructor({ redis, logger, registry }: HintsOptions) {
    this.#publisher = redis?.duplicate(PUBLISHING);
    // A hint that could not be published is counted; without a listener ioredis would end the process.
    this.#publisher?.on("error", () => undefined);
    this.#subscription =
      redis &&
      new ChannelListener({
        redis,
        channel: CHANNEL,
        logger,
        onMessage: (text) => this.#hear(text),
        onGap: () => this.#tell((listener) => listener.onGap()),
        consequence: "what other instances do with jobs is seen by polling",
      });
    this.#unpublished = registerMetrics(registry, () => this.#subscription?.isListening ?? false);
  }

  /** Tells of a change after its commit. */
  give(hint: Hint): void {
    this.#tell((listener) => listener.onHint(hint));
    const message: Static<typeof Message> = { origin: this.#origin, hint };
    this.#publisher?.publish(CHANNEL, JSON.stringify(message)).catch(() => this.#unpublished.inc());
  }

  /** Calls `listener` from now on. */
  listen(listener: HintListener): void {
    this.#listeners.add(listener);
  }

  /** Idempotent. */
  close(): void {
    this.#listeners.clear();
    this.#subscription?.close();
    this.#publisher?.disconnect();
  }

  #hear(text: string): void {
    const message = parse(text);
    // Whatever it said, it may have been a hint.
    if (message === undefined) this.#tell((listener) => listener.onGap());
    else if (message.origin !== this.#origin) this.#tell((it) => it.onHint(message.hint));
  }

  #tell(call: (listener: HintListener) => void): void {
    for (const listener of this.#listeners) call(listener);
  }
}

/** Undefined for what no instance would write: anything may be published on a channel. */
function parse(text: string): Static<typeof Message> | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return Value.Check(Message, message) ? message : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the counter of hints that other instances did not get. */
function registerMetrics(registry: Registry, isHeard: () => boolean): Counter {
  new Gauge({
    name: "job_hints_heard",
    help: "1 while changes by other instances are heard at once, 0 while they are polled for (Redis is away)",
    registers: [registry],
    collect() {
      this.set(isHeard() ? 1 : 0);
    },
  });
  return new Counter({
    name: "job_hints_unpublished_total",
    help: "Changes of jobs that other instances could not be told of",
    registers: [registry],
  });
}
