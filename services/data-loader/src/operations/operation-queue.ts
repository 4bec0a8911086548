import { type Handler, TaskQueue, TaskWorker } from "@sluice/queue";
import type { Logger } from "@sluice/telemetry";
import type { Background } from "../background/background.ts";
import type { OperationRunner } from "./operation-runner.ts";
import { OPERATION_KINDS, type OperationKey, type OperationKind } from "./queries.ts";

/** Says that there is work. It may forget that at any moment. */
export interface OperationQueue {
  add(operations: readonly QueuedOperation[]): Promise<void>;
}

/** Nothing else of an operation goes into Redis: its row alone says what to do. */
export interface QueuedOperation extends OperationKey {
  readonly kind: OperationKind;
}

/** Each kind has a queue and workers of its own: purges that take long hold up no seal. */
type OperationKinds = Readonly<Record<OperationKind, OperationKey>>;

const NAME = "data";
/** Of a kind, in an instance. The gate of imports is narrow anyway. */
const CONCURRENCY = 2;
/** With pauses of 1, 2, … 64 s between them, about two minutes. */
const TRIES = 8;
const BACKOFF_MS = 1_000;

/** Where the operations of an instance wait, and who takes them. */
export interface OpenOperationQueue extends OperationQueue {
  /** Takes operations from now on. */
  work(runner: OperationRunner): void;
  /** Lets what is in hand end for a few seconds, and gives it back after that. Idempotent. */
  close(): Promise<void>;
}

/** The queue in Redis, which all instances share. While Redis is away an instance works on what it was asked for itself. */
export function openRedisQueue(options: {
  readonly redisUrl: string;
  readonly background: Background;
  readonly logger: Logger;
}): OpenOperationQueue {
  const redis = { name: NAME, redisUrl: options.redisUrl, logger: options.logger };
  const limits = { kinds: OPERATION_KINDS, tries: TRIES, backoffMs: BACKOFF_MS };
  const queue = new TaskQueue<OperationKinds>({ ...redis, ...limits });
  const here = openLocalQueue(options.background);
  let worker: TaskWorker<OperationKinds> | undefined;
  return {
    add: (operations) =>
      // The queue has logged that Redis is away.
      queue.add(operations.map(toTask)).catch(() => here.add(operations)),
    work: (runner) => {
      here.work(runner);
      const handler = handlerOf(runner, options.logger);
      worker = new TaskWorker({
        ...redis,
        handlers: { seal: handler, delete: handler, select: handler },
      });
    },
    close: async () => {
      await worker?.stop();
      await queue.close();
    },
  };
}

/** No queue: this instance works on what it was asked for itself. */
export function openLocalQueue(background: Background): OpenOperationQueue {
  let worker: OperationRunner | undefined;
  return {
    add: async (operations) => {
      for (const operation of operations)
        void background.start(`operation ${operation.operation_id}`, async (signal) =>
          worker?.carryOut(operation, signal),
        );
    },
    work: (runner) => {
      worker = runner;
    },
    close: async () => undefined,
  };
}

function toTask({ kind, project_id, operation_id }: QueuedOperation) {
  return { kind, id: operation_id, data: { project_id, operation_id }, delayMs: 0 };
}

function handlerOf(runner: OperationRunner, logger: Logger): Handler<OperationKey> {
  return {
    concurrency: CONCURRENCY,
    handle: async ({ data, signal }) => {
      try {
        await runner.carryOut(data, signal);
      } catch (error) {
        const members = { err: error, operation_id: data.operation_id };
        if (!signal.aborted) logger.warn(members, "operation failed; it is tried again");
        throw error;
      }
    },
    giveUp: ({ data }, error) => runner.giveUp(data, error),
  };
}
