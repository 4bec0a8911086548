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

  /** Runs a task outside of the caller's request, whose end it outlives. Resolves when it has ended; what it throws is logged. */
  start(name: string, task: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const { signal } = this.#stop;
    const running = runInContext({ requestId: name, signal }, () => task(signal)).then(
      () => undefined,
      (err: unknown) => {
        if (!signal.aborted) this.#logger.error({ task: name, err }, "task failed");
      },
    );
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }

  /** Runs a task again and again, `pauseMs` after it has ended, until the end of the process. */
  repeat(name: string, pauseMs: number, task: () => Promise<unknown>): void {
    void this.start(name, async (signal) => {
      while (!signal.aborted) {
        await sleep(pauseMs, undefined, { signal, ref: false });
        await this.start(name, task);
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
