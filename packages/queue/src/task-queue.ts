import { type Logger, OutageLog } from "@sluice/telemetry";
import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { connect } from "./connect.ts";
import { KEY_PREFIX, type KindOf, type Kinds, queueName, type Task } from "./task.ts";

export interface TaskQueueOptions<K extends Kinds> {
  readonly name: string;
  readonly kinds: readonly KindOf<K>[];
  readonly redisUrl: string;
  readonly logger: Logger;
  /** How often a task is tried in all. */
  readonly tries: number;
  /** Pause after the first try that failed, milliseconds; it doubles with each further one. */
  readonly backoffMs: number;
}

/** Tasks that come again and again. */
export interface Schedule<T> {
  readonly id: string;
  /** Five fields, UTC. */
  readonly cron: string;
  readonly data: T;
}

/** Each pause is shorter than its full length by up to this share. */
const JITTER = 0.2;

/** Nobody follows BullMQ's stream of events. */
const EVENTS_KEPT = 100;

const COMMAND_TIMEOUT_MS = 5_000;

const EPOCH_KEY = `${KEY_PREFIX}:queue:epoch`;

/** Puts tasks into Redis, where workers take them. Redis may forget them at any moment. */
export class TaskQueue<K extends Kinds> {
  readonly #redis: Redis;
  readonly #queues: ReadonlyMap<KindOf<K>, Queue>;
  readonly #options: TaskQueueOptions<K>;
  #closed: Promise<void> | undefined;

  constructor(options: TaskQueueOptions<K>) {
    const { name, kinds, redisUrl, logger } = options;
    const outage = new OutageLog(logger, "Redis cannot be reached: no task gets into its queue");
    this.#options = options;
    // Who adds would rather hear that Redis is away than wait for it.
    const whileAway = { maxRetriesPerRequest: 0, commandTimeout: COMMAND_TIMEOUT_MS };
    this.#redis = connect(redisUrl, outage, whileAway).redis;
    this.#queues = new Map(kinds.map((kind) => [kind, this.#open(queueName(name, kind), outage)]));
  }

  /** Adds those that are not in the queue already. @throws Error when Redis does not answer; some may have been added */
  async add(tasks: readonly Task<K>[]): Promise<void> {
    for (const [kind, those] of Map.groupBy(tasks, (task) => task.kind)) {
      const jobs = those.map(({ id, data, delayMs }) => ({
        name: kind,
        data,
        opts: {
          jobId: id,
          delay: delayMs,
          ...this.#taskOptions(),
        },
      }));
      await this.#queueOf(kind).addBulk(jobs);
    }
  }

  /**
   * Has a task of this kind added at each time of `cron` (UTC), once however many ask for it. May be repeated.
   * @throws Error when Redis does not answer
   */
  async schedule<N extends KindOf<K>>(kind: N, { id, cron, data }: Schedule<K[N]>): Promise<void> {
    const template = { name: kind, data, opts: this.#taskOptions() };
    await this.#queueOf(kind).upsertJobScheduler(id, { pattern: cron, tz: "UTC" }, template);
  }

  /**
   * Since when Redis remembers, as milliseconds of the epoch: whatever was added before is forgotten. The first one who
   * asks an empty Redis sets the time for all.
   * @throws Error when Redis does not answer
   */
  async rememberedSince(): Promise<number> {
    const now = Date.now();
    return Number((await this.#redis.set(EPOCH_KEY, now, "NX", "GET")) ?? now);
  }

  /** Idempotent. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  #taskOptions() {
    const { tries, backoffMs } = this.#options;
    return {
      attempts: tries,
      backoff: { type: "exponential", delay: backoffMs, jitter: JITTER },
      // What has ended leaves nothing behind: its id can be added anew.
      removeOnComplete: true,
      removeOnFail: true,
      stackTraceLimit: 1,
    };
  }

  #queueOf(kind: KindOf<K>): Queue {
    const queue = this.#queues.get(kind);
    if (queue === undefined) throw new Error(`${this.#options.name} has no tasks of kind ${kind}.`);
    return queue;
  }

  #open(name: string, outage: OutageLog): Queue {
    const queue = new Queue(name, {
      connection: this.#redis,
      prefix: KEY_PREFIX,
      streams: { events: { maxLen: EVENTS_KEPT } },
      // Else the first call would wait for Redis without end, and one that failed while BullMQ asks for the version
      // would fail all that follow.
      skipWaitingForReady: true,
      skipVersionCheck: true,
    });
    return queue.on("error", (error) => outage.failed(error));
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    this.#redis.disconnect();
  }
}
