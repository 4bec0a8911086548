import { setTimeout as sleep } from "node:timers/promises";
import { runInContext } from "./context.ts";
import type { Logger } from "./logger.ts";

export interface PeriodicTaskOptions {
  /** For the log, and the name of its statements' context. */
  readonly name: string;
  readonly everyMs: number;
  /** Longest that one run may take. */
  readonly deadlineMs: number;
  readonly run: () => Promise<void>;
  readonly logger: Logger;
}

/** Runs something again and again, one run at a time. A run that fails is logged, once until one succeeds. */
export class PeriodicTask {
  readonly #options: PeriodicTaskOptions;
  readonly #stopped = new AbortController();
  #running: Promise<void> | undefined;
  #isFailing = false;

  constructor(options: PeriodicTaskOptions) {
    this.#options = options;
  }

  /** Idempotent. */
  start(): void {
    this.#running ??= this.#repeat();
  }

  /** Gives up the run in hand; resolves when it has ended. Idempotent; it cannot be started again. */
  async stop(): Promise<void> {
    this.#stopped.abort(new Error(`${this.#options.name} is stopped`));
    await this.#running;
  }

  async #repeat(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const nextAt = performance.now() + this.#options.everyMs;
      await this.#runOnce(signal);
      const pauseMs = Math.max(0, nextAt - performance.now());
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined); // only stop() ends it early
    }
  }

  async #runOnce(signal: AbortSignal): Promise<void> {
    const { name, deadlineMs, run, logger } = this.#options;
    const deadline = performance.now() + deadlineMs;
    try {
      await runInContext({ requestId: name, signal, deadline }, run);
      if (this.#isFailing) logger.info({ task: name }, "a periodic task succeeds again");
      this.#isFailing = false;
    } catch (err) {
      if (signal.aborted) return;
      if (!this.#isFailing) logger.error({ err, task: name }, "a periodic task fails");
      this.#isFailing = true;
    }
  }
}
