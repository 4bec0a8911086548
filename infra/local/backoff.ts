/** Delays before the restarts of a part that keeps dying, in milliseconds; the last one stays. */
const DELAYS_MS = [0, 250, 500, 1_000, 2_000, 5_000, 10_000] as const;

/** A part that ran this long was well: its next death is again the first. */
const STABLE_MS = 10_000;

/** The delays between the restarts of one part. The first restart is immediate: a kill is usually an accident. */
export class Backoff {
  #deaths = 0;

  /** The delay before the next start of a part that has just died after `ranMs` milliseconds. */
  nextDelayMs(ranMs: number): number {
    if (ranMs >= STABLE_MS) this.#deaths = 0;
    const delay = DELAYS_MS[Math.min(this.#deaths, DELAYS_MS.length - 1)] ?? 0;
    this.#deaths += 1;
    return delay;
  }
}
