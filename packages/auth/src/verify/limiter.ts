import { SluiceError } from "@sluice/errors";

export interface LimiterOptions {
  /** How many run at once. */
  readonly running: number;
  /** How many more may wait for their turn, and for how many milliseconds. */
  readonly waiting: number;
  readonly waitMs: number;
}

interface Waiter {
  readonly enter: () => void;
}

/** Runs at most so many look-ups at once, the others in order of arrival, and refuses those beyond the queue. */
export class Limiter {
  readonly #options: LimiterOptions;
  /** A Set keeps order of arrival, and lets one that gave up leave from the middle. */
  readonly #queue = new Set<Waiter>();
  #running = 0;

  constructor(options: LimiterOptions) {
    this.#options = options;
  }

  /** @throws SluiceError POOL_SATURATED at once when the queue is full, POOL_TIMEOUT after `waitMs` in it. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#options.running) this.#running += 1;
    else await this.#wait();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #wait(): Promise<void> {
    if (this.#queue.size >= this.#options.waiting) {
      throw new SluiceError(
        "POOL_SATURATED",
        "Too many look-ups of keys and projects wait already.",
      );
    }
    return new Promise((resolve, reject) => {
      const giveUp = setTimeout(() => {
        this.#queue.delete(waiter);
        reject(
          new SluiceError("POOL_TIMEOUT", "The key or project could not be looked up in time."),
        );
      }, this.#options.waitMs);
      const enter = (): void => {
        clearTimeout(giveUp);
        resolve();
      };
      const waiter: Waiter = { enter };
      this.#queue.add(waiter);
    });
  }

  /** Hands the place to the next in line, so that nobody who arrives meanwhile can take it. */
  #leave(): void {
    for (const next of this.#queue) {
      this.#queue.delete(next);
      next.enter();
      return;
    }
    this.#running -= 1;
  }
}
