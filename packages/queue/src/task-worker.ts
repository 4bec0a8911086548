import {
  type Logger,
  OutageLog,
  type SpanOptions,
  type TraceSpan,
  type Tracing,
} from "@sluice/telemetry";
import { type Job, Worker } from "bullmq";
import { type Connection, connect } from "./connect.ts";
import { KEY_PREFIX, type KindOf, type Kinds, queueName } from "./task.ts";

/** A task in a handler's hands. */
export interface HandledTask<T> {
  readonly id: string;
  readonly data: T;
  /** Aborts when the worker stops. */
  readonly signal: AbortSignal;
  /** undefined unless it is traced */
  readonly span: TraceSpan | undefined;
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
  /** @default nothing is traced */
  readonly tracing?: Tracing | undefined;
}

/** A task of a worker that was killed goes to another one within the sum of both. */
const LOCK_MS = 15_000;
const STALLED_CHECK_MS = 5_000;

/** Pause after Redis could not be asked for a task. BullMQ's own is 15 s, and does not end when the worker stops. */
const RETRY_MS = 1_000;

/** How long each step of a stop may take: connections to come back or end, tasks in hand to end, and then to abort. */
const STOP_STEP_MS = 1_500;

/** Takes tasks out of the queue and has them done. Starts at once, and waits for Redis as long as it takes. */
export class TaskWorker<K extends Kinds> {
  readonly #connection: Connection;
  readonly #workers: readonly Worker[];
  readonly #away: OutageLog;
  readonly #forgetting: OutageLog;
  #stopped: Promise<void> | undefined;

  constructor({ name, redisUrl, handlers, logger, tracing }: TaskWorkerOptions<K>) {
    this.#away = new OutageLog(logger, "Redis cannot be reached: no task is done");
    this.#forgetting = new OutageLog(logger, "Redis forgot tasks in hand: some are done again");
    // A command waits for Redis however long it is away: BullMQ asks for that in workers.
    this.#connection = connect(redisUrl, this.#away, { maxRetriesPerRequest: null });
    this.#workers = Object.entries<Handler<never>>(handlers).map(([kind, handler]) =>
      this.#open(queueName(name, kind), handler, tracing),
    );
  }

  /** Whether tasks are taken. */
  get isConnected(): boolean {
    return this.#connection.redis.status === "ready";
  }

  /** Takes no more tasks and lets those in hand end, for a few seconds. Idempotent. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  #open(
    queue: string,
    { concurrency, handle, giveUp }: Handler<never>,
    tracing: Tracing | undefined,
  ): Worker {
    const work = async (job: Job, _token?: string, signal?: AbortSignal): Promise<void> => {
      const span = tracing?.start(`process ${queue}`, taskSpan(queue, job));
      const task = { id: job.id ?? "", data: job.data as never, signal: signal ?? NEVER, span };
      try {
        await handle(task);
        span?.end();
      } catch (error) {
        span?.end({ error: error instanceof Error ? error.name : "ERROR" });
        // Stopping is nobody's failure. BullMQ forgets the task without a word if this was its last try.
        if (!isLastTry(job) || task.signal.aborted) throw error;
        await giveUp(task, error);
      }
    };
    const worker = new Worker(queue, work, {
      connection: this.#connection.redis,
      prefix: KEY_PREFIX,
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      runRetryDelay: RETRY_MS,
    });
    worker.on("completed", () => {
      this.#forgetting.succeeded();
      this.#connection.worked();
    });
    return worker.on("error", (error) => this.#outageOf(error).failed(error));
  }

  /** A worker tells of its connections too, which may break before the first of them is known to be away. */
  #outageOf(error: Error): OutageLog {
    return this.isConnected && !("syscall" in error) ? this.#forgetting : this.#away;
  }

  async #stop(): Promise<void> {
    const { redis, stopReconnecting } = this.#connection;
    await settlesWithin(stopReconnecting(), STOP_STEP_MS);
    const closed = Promise.all(this.#workers.map((worker) => worker.close()));
    if (!(await settlesWithin(closed, STOP_STEP_MS))) {
      for (const worker of this.#workers) worker.cancelAllJobs("the worker is stopping");
      await settlesWithin(closed, STOP_STEP_MS);
    }
    redis.disconnect();
  }
}

function taskSpan(queue: string, { id, attemptsMade }: Job): SpanOptions {
  const attributes = {
    "messaging.system": "bullmq",
    "messaging.operation.type": "process",
    "messaging.destination.name": queue,
    "messaging.message.id": id,
    "sluice.task.tries": attemptsMade + 1,
  };
  return { kind: "consumer", attributes };
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
