import { type Logger, OutageLog } from "@sluice/telemetry";
import { type Job, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { connect, disconnect } from "./connect.ts";
import { KEY_PREFIX, type KindOf, type Kinds, queueName } from "./task.ts";

/** A task in a handler's hands. */
export interface HandledTask<T> {
  readonly id: string;
  readonly data: T;
  /** Aborts when the worker stops. */
  readonly signal: AbortSignal;
}

/** How tasks of one kind are done. */
export interface Handler<T> {
  /** How many at a time. */
  readonly concurrency: number;
  /** It may be called for a task that was done already. When it rejects, the task is tried again later. */
  readonly handle: (task: HandledTask<T>) => Promise<void>;
  /** Called when the last try has failed, before the task is forgotten. */
  readonly giveUp: (task: HandledTask<T>, error: unknown) => Promise<void>;
}

export type Handlers<K extends Kinds> = { readonly [N in KindOf<K>]: Handler<K[N]> };

export interface TaskWorkerOptions<K extends Kinds> {
  /** Name of the queue. */
  readonly name: string;
  readonly redisUrl: string;
  readonly handlers: Handlers<K>;
  readonly logger: Logger;
}

/** A task of a worker that was killed goes to another one within the sum of both. */
const LOCK_MS = 15_000;
const STALLED_CHECK_MS = 5_000;

/** How long tasks in hand may take to end by themselves when the worker stops, and then when they are told to. */
const GRACE_MS = 2_000;
const ABORTED_MS = 2_000;

/** Takes tasks out of the queue and has them done. Starts at once, and waits for Redis as long as it takes. */
export class TaskWorker<K extends Kinds> {
  readonly #redis: Redis;
  readonly #workers: readonly Worker[];
  readonly #logger: Logger;
  readonly #outage: OutageLog;
  #stopped: Promise<void> | undefined;

  constructor({ name, redisUrl, handlers, logger }: TaskWorkerOptions<K>) {
    this.#logger = logger;
    this.#outage = new OutageLog(logger, "Redis cannot be reached: no task is done");
    // A command waits for Redis however long it is away: BullMQ asks for that in workers.
    this.#redis = connect(redisUrl, this.#outage, { maxRetriesPerRequest: null });
    this.#workers = Object.entries<Handler<never>>(handlers).map(([kind, handler]) =>
      this.#open(queueName(name, kind), handler),
    );
  }

  /** Whether tasks are taken. */
  get isConnected(): boolean {
    return this.#redis.status === "ready";
  }

  /** Takes no more tasks and lets those in hand end, for a few seconds. Idempotent. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  #open(queue: string, { concurrency, handle, giveUp }: Handler<never>): Worker {
    const work = async (job: Job, _token?: string, signal?: AbortSignal): Promise<void> => {
      const task = { id: job.id ?? "", data: job.data as never, signal: signal ?? NEVER };
      try {
        await handle(task);
      } catch (error) {
        // Stopping is nobody's failure. BullMQ forgets the task without a word if this was its last try.
        if (!isLastTry(job) || task.signal.aborted) throw error;
        await giveUp(task, error);
      }
    };
    const worker = new Worker(queue, work, {
      connection: this.#redis,
      prefix: KEY_PREFIX,
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
    });
    return worker.on("error", (error) => this.#failed(error));
  }

  #failed(error: Error): void {
    if (this.isConnected) this.#logger.warn({ err: error }, "a task's state was not recorded");
    else this.#outage.failed(error);
  }

  async #stop(): Promise<void> {
    const closed = Promise.all(this.#workers.map((worker) => worker.close()));
    if (!(await settlesWithin(closed, GRACE_MS))) {
      for (const worker of this.#workers) worker.cancelAllJobs("the worker is stopping");
      await settlesWithin(closed, ABORTED_MS);
    }
    disconnect(this.#redis);
  }
}

const NEVER = new AbortController().signal;

function isLastTry({ attemptsMade, opts }: Job): boolean {
  return attemptsMade + 1 >= (opts.attempts ?? 1);
}

async function settlesWithin(promise: Promise<unknown>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, limitMs, false);
  });
  return Promise.race([promise.then(() => true), late]).finally(() => clearTimeout(timer));
}
