import { SluiceError } from "@sluice/errors";
import { type Logger, PeriodicTask } from "@sluice/telemetry";

/** What a layer looked like at one moment. */
export interface Sample<T> {
  /** RFC 3339. */
  readonly at: string;
  readonly value: T;
  /** Since when every further look has failed; null while they succeed. */
  readonly failingSince: string | null;
}

export interface SamplerOptions<T> {
  /** Of the layer, for the log and for whoever asks too early. */
  readonly name: string;
  readonly everyMs: number;
  readonly deadlineMs: number;
  /** Looks once; is given what the last look saw. */
  readonly look: (last: T | undefined) => Promise<T>;
  /** Called with each new sample. */
  readonly onSample: (value: T) => void;
  readonly logger: Logger;
}

/** Looks at a layer at its cadence and keeps the last sample, so that an answer waits for nothing. */
export class Sampler<T> {
  readonly #options: SamplerOptions<T>;
  readonly #task: PeriodicTask;
  #last: Sample<T> | undefined;

  constructor(options: SamplerOptions<T>) {
    this.#options = options;
    const { name, everyMs, deadlineMs, logger } = options;
    const run = (): Promise<void> => this.#look();
    this.#task = new PeriodicTask({ name: `sampler: ${name}`, everyMs, deadlineMs, run, logger });
  }

  /** Idempotent. */
  start(): void {
    this.#task.start();
  }

  /** Gives up the look in hand. Idempotent. */
  stop(): Promise<void> {
    return this.#task.stop();
  }

  get hasSample(): boolean {
    return this.#last !== undefined;
  }

  /** The last sample, however old. @throws SluiceError NO_SAMPLE before the first. */
  latest(): Sample<T> {
    if (this.#last !== undefined) return this.#last;
    const detail = `Nothing has been seen of ${this.#options.name} yet. Repeat after Retry-After.`;
    throw new SluiceError("NO_SAMPLE", detail);
  }

  async #look(): Promise<void> {
    const { look, onSample } = this.#options;
    try {
      const value = await look(this.#last?.value);
      this.#last = { at: new Date().toISOString(), value, failingSince: null };
      onSample(value);
    } catch (error) {
      if (this.#last !== undefined && this.#last.failingSince === null)
        this.#last = { ...this.#last, failingSince: new Date().toISOString() };
      throw error;
    }
  }
}
