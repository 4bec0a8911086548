import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "@sluice/errors";
import { type Logger, runInContext } from "@sluice/telemetry";

/** Work of this process that belongs to no request. */
export class Background {
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Runs a task outside of the caller's request, whose end it outlives. What it throws is logged. */
  start(name: string, task: (signal: AbortSignal) => Promise<unknown>): void {
    const running = this.run(name, task).then(
      () => undefined,
      (err: unknown) => {
        if (!this.#stop.signal.aborted) this.#logger.error({ task: name, err }, "task failed");
      },
    );
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }

  /** The same for somebody who waits for the outcome. */
  run<T>(name: string, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal } = this.#stop;
    return runInContext({ requestId: name, signal }, () => task(signal));
  }

  /** Runs a task again and again, `pauseMs` after it has ended, until the end of the process. */
  repeat(name: string, pauseMs: number, task: () => Promise<unknown>): void {
    this.start(name, async (signal) => {
      while (!signal.aborted) {
        await sleep(pauseMs, undefined, { signal, ref: false });
        this.start(name, task);
      }
    });
  }

  /** Cancels everything and waits until it has ended. Idempotent. */
  async close(): Promise<void> {
    const detail = "The instance is shutting down; another one goes on.";
    this.#stop.abort(new SluiceError("SHUTTING_DOWN", detail));
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
