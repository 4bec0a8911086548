/** Refusals that are sent at once before they are paced: ten milliseconds' worth. */
const BURST_MS = 10;
const TICK_MS = 1;

/**
 * Holds answers back beyond a rate (a token bucket). Refusing a look-up takes about a third of the time of answering
 * it: without a limit, clients that come back at once keep the process busy with refusals, and nothing is answered.
 * A client that waits for its refusal does not come back meanwhile.
 */
export class AdmissionPace {
  readonly #perMs: number;
  readonly #waiting: (() => void)[] = [];
  #tokens: number;
  #filledAt = performance.now();
  #isScheduled = false;

  /** @param perMs Answers a millisecond. */
  constructor(perMs: number) {
    this.#perMs = perMs;
    this.#tokens = perMs * BURST_MS;
  }

  /** Calls `answer` at once while the rate allows it, else when its turn has come. */
  run(answer: () => void): void {
    this.#waiting.push(answer);
    this.#sendDue();
  }

  #sendDue(): void {
    const now = performance.now();
    const most = this.#perMs * BURST_MS;
    this.#tokens = Math.min(most, this.#tokens + (now - this.#filledAt) * this.#perMs);
    this.#filledAt = now;
    const due = this.#waiting.splice(0, Math.floor(this.#tokens));
    this.#tokens -= due.length;
    for (const answer of due) answer();
    if (this.#waiting.length > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setTimeout(() => {
      this.#isScheduled = false;
      this.#sendDue();
    }, TICK_MS);
  }
}
