import { randomUUID } from "node:crypto";
import { type Logger, PeriodicTask, type PeriodicTaskOptions } from "@sluice/telemetry";
import type { JobStore } from "../training-manager.ts";
import { keepWatch } from "./queries.ts";
import { endLostAttempts, flagHungJobs, forgetKeys, requeueForgotten } from "./sweep.ts";
import type { SweepMeter } from "./sweep-metrics.ts";

export interface SweeperOptions {
  readonly store: JobStore;
  /** How long the steps of an attempt may stand still. */
  readonly hangSeconds: number;
  readonly logger: Logger;
  readonly meter: SweepMeter;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/**
 * An instance's share in the watch over attempts: every instance notes each second that it listens, and one of them,
 * by a lease, looks for what fell silent, hangs or was forgotten.
 *
 * The lease spares the database, it protects nothing: every change is a compare-and-set of its own. Listening and
 * sweeping are tasks of their own, so that a long sweep does not look like a pause in listening.
 */
export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #name = randomUUID();
  readonly #tasks: readonly PeriodicTask[];
  #isElected = false;

  constructor(options: SweeperOptions) {
    this.#options = options;
    const { store, hangSeconds, meter } = options;
    this.#tasks = [
      this.#task("watch", SECOND_MS, () => this.#watch(), 3 * SECOND_MS),
      this.#sweep("lost jobs", SECOND_MS, () => endLostAttempts(store, meter)),
      this.#sweep("forgotten jobs", SECOND_MS, () => requeueForgotten(store)),
      this.#sweep("hung jobs", 5 * SECOND_MS, async () =>
        meter.hung(await flagHungJobs(store, hangSeconds)),
      ),
      this.#sweep("idempotency keys", MINUTE_MS, () => forgetKeys(store)),
    ];
  }

  /** To be called when heartbeats can be taken. Idempotent. */
  start(): void {
    for (const task of this.#tasks) task.start();
  }

  /** To be called before heartbeats are refused. Idempotent. */
  async stop(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.stop()));
  }

  async #watch(): Promise<void> {
    const { store, meter } = this.#options;
    // While the database does not answer, nobody knows who is elected.
    const isElected = await keepWatch(store.db, this.#name).catch((error: unknown) => {
      this.#isElected = false;
      throw error;
    });
    if (this.#isElected && !isElected) meter.hung(0);
    this.#isElected = isElected;
  }

  /** What only the elected one does. */
  #sweep(name: string, everyMs: number, run: () => Promise<void>): PeriodicTask {
    return this.#task(name, everyMs, async () => {
      if (this.#isElected) await run();
    });
  }

  #task(
    name: string,
    everyMs: number,
    run: PeriodicTaskOptions["run"],
    deadlineMs = 30 * SECOND_MS,
  ): PeriodicTask {
    const { logger } = this.#options;
    return new PeriodicTask({ name: `sweeper: ${name}`, everyMs, deadlineMs, run, logger });
  }
}
