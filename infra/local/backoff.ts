/** Delays before the restarts of a part that keeps dying, in milliseconds; the last one stays. */
const DELAYS_MS = [0, 250, 500, 1_000, 2_000, 5_000, 10_000] as const;

/** A part that served this long was well: its next death is again the first. */
const STABLE_MS = 1_000;

/**
 * The delays between the restarts of one part. A part that served was killed, most likely, and is wanted back: it waits
 * 250 ms at most. One that dies before it serves has a fault that waiting may cure and hurry does not.
 */
export class Backoff {
  #deaths = 0;

  /** The delay before the next start of a part that has just died, having served for `servedMs`. */
  nextDelayMs(servedMs: number): number {
    if (servedMs >= STABLE_MS) this.#deaths = 0;
    else if (servedMs > 0) this.#deaths = Math.min(this.#deaths, 1);
    const delay = DELAYS_MS[Math.min(this.#deaths, DELAYS_MS.length - 1)] ?? 0;
    this.#deaths += 1;
    return delay;
  }
}
