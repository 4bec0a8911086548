/** What a client looks at before it sends again. */
export interface Refusal {
  /** 0: the connection broke. */
  readonly status: number;
  /** Seconds, as the header has them. */
  readonly retryAfter: string | null;
}

/** The first pause after a broken connection, and the longest, in milliseconds. */
const FIRST_MS = 50;
const LONGEST_MS = 1_000;

/**
 * How a well-behaved client waits: after a refusal as long as `Retry-After` says and up to half as long again, so that all
 * do not come at once; after anything else that failed twice as long each time, up to half of it left to chance. One for
 * each client.
 */
export class Patience {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Milliseconds to wait after an answer; 0 when it was none that refused. */
  after({ status, retryAfter }: Refusal): number {
    if (status >= 200 && status < 300) {
      this.#failures = 0;
      return 0;
    }
    const told = Number(retryAfter) * 1_000;
    if (told > 0) return told * (1 + this.#random() / 2);
    const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    return (most * (1 + this.#random())) / 2;
  }
}
