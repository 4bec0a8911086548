import { SluiceError } from "@sluice/errors";

export interface AdmissionOptions {
  /** Longest queue that is admitted, as the time it takes to work it off. @default 500 */
  readonly maxQueueMs?: number;
  /** So many requests are admitted whatever the estimate says: few slow ones are not overload. @default 16 */
  readonly minInFlight?: number;
}

/** Requests a second that are assumed until some have been answered. */
const FIRST_RATE = 4_000;
const WINDOW_MS = 100;
/** Weight of the newest window: about half a second is remembered. */
const NEWEST = 0.3;

/**
 * Admits a request only if it can be answered soon. By Little's law the requests in hand, divided by the rate at which
 * requests are answered, is the time that a new one will wait; over `maxQueueMs` it is refused at its head, before
 * anything was done for it. What is admitted so keeps its latency, and throughput stays what it is at the limit.
 */
export class Admission {
  readonly #maxQueueMs: number;
  readonly #minInFlight: number;
  #inFlight = 0;
  #rate = FIRST_RATE;
  #windowStart = 0;
  #answered = 0;
  #wasBusy = false;

  constructor({ maxQueueMs = 500, minInFlight = 16 }: AdmissionOptions = {}) {
    this.#maxQueueMs = maxQueueMs;
    this.#minInFlight = minInFlight;
  }

  /** Requests admitted and not answered. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Takes a request in. Every admitted request is followed by one `leave`.
   * @param now `performance.now()` milliseconds.
   * @throws SluiceError POOL_SATURATED with the estimated wait as `Retry-After`.
   */
  enter(now: number): void {
    this.#turn(now);
    const waitMs = (this.#inFlight / this.#rate) * 1_000;
    if (this.#inFlight >= this.#minInFlight && waitMs > this.#maxQueueMs)
      throw this.#refusal(waitMs);
    this.#inFlight += 1;
  }

  leave(now: number): void {
    this.#turn(now);
    this.#inFlight -= 1;
    this.#answered += 1;
  }

  /** Closes the window when its time is over and learns from it. */
  #turn(now: number): void {
    const length = now - this.#windowStart;
    if (length >= WINDOW_MS) {
      const rate = (this.#answered / length) * 1_000;
      // An idle service answers few requests because few come: that says nothing of how many it could.
      if (this.#wasBusy || rate > this.#rate)
        this.#rate += NEWEST * (Math.max(rate, 1) - this.#rate);
      this.#windowStart = now;
      this.#answered = 0;
      this.#wasBusy = true;
    }
    if (this.#inFlight < this.#minInFlight) this.#wasBusy = false;
  }

  #refusal(waitMs: number): SluiceError {
    const wait = Math.round(waitMs);
    return new SluiceError(
      "POOL_SATURATED",
      `The service has ${this.#inFlight} requests in hand, about ${wait} ms of work. Repeat the request later.`,
      { retryAfterSeconds: waitMs / 1_000 },
    );
  }
}
