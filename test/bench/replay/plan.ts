import type { Latencies } from "../load/plan.ts";

/** How workers reach PostgreSQL without Sluice. */
export type Style =
  /** Each worker has a connection of its own, and asks for each sample by itself. */
  | "direct"
  /** Each job has a pool through PgBouncer, and asks for a batch in one statement. */
  | "pooled";

/** What a process of SQL workers is told to do. */
export interface SqlPlan {
  readonly style: Style;
  readonly url: string;
  readonly jobs: number;
  readonly seconds: number;
  /** The rows that there are to read. */
  readonly samples: number;
}

/** What became of the tasks of one platform in one window. */
export interface Outcome {
  /** Tasks: a batch read, or a status written. */
  readonly tasks: number;
  readonly failed: number;
  /** Of a batch, from when it was due. */
  readonly batches: Latencies;
  /** Milliseconds that a task waited for a connection, log-in included. */
  readonly waits: {
    readonly mean: number;
    readonly p50: number;
    readonly p99: number;
    readonly p999: number;
  };
  /** Of one core, of the process that offered the load. */
  readonly generatorCpu: number;
  /** How late tasks were begun. */
  readonly lagP99: number;
}

export const WORKERS = 20;
/** Each worker reads a batch of so many samples, and says that it lives, once in so many seconds. */
export const BATCH = 32;
export const BATCH_EVERY_S = 10;
export const BEAT_EVERY_S = 5;
