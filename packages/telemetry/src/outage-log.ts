import type { Logger } from "pino";

/** Says once that something does not work, and once that it works again, however often it is tried in between. */
export class OutageLog {
  readonly #logger: Logger;
  readonly #consequence: string;
  #since: number | undefined;

  /** @param consequence what the outage means for whoever reads the log */
  constructor(logger: Logger, consequence: string) {
    this.#logger = logger;
    this.#consequence = consequence;
  }

  failed(error: unknown): void {
    if (this.#since !== undefined) return;
    this.#since = performance.now();
    this.#logger.warn({ err: error }, this.#consequence);
  }

  succeeded(): void {
    if (this.#since === undefined) return;
    const outageMs = Math.round(performance.now() - this.#since);
    this.#since = undefined;
    this.#logger.info({ outage_ms: outageMs }, `over: ${this.#consequence}`);
  }
}
