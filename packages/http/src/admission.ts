import { FairTurns } from "./fair-turns.ts";

export interface AdmissionOptions {
  /** A queue that takes longer to work off than this is overload. @default 500 */
  readonly maxQueueMs?: number;
  /** Overload is held to a queue of so long, or of twice what an answer takes if that is longer. @default 20 */
  readonly targetQueueMs?: number;
  /** So many requests are admitted whatever the estimate says, unless there is overload. @default 1,000 */
  readonly burst?: number;
  /** So many are even then, but for the look at what an answer takes without a queue. @default 4 */
  readonly minInFlight?: number;
}

/** Requests a second that are assumed until some have been answered. */
const FIRST_RATE = 2_000;
const WINDOW_MS = 100;
/** Weight of the newest window: about a third of a second is remembered. */
const NEWEST = 0.5;

/** What an answer takes without a queue is forgotten by so much a window: it doubles in 3.5 s unless seen again. */
const FORGET = 1.02;
/** Overload is over when nobody had to be refused for so long. */
const CALM_MS = 1_000;
/** One for the database and one for the processor: with fewer in hand one of them idles, with more there is a queue. */
const LEAST_WORKERS = 2;
/** While it lasts, the queue runs dry so often that what an answer takes without one can be seen. */
const DRY_EVERY_MS = 10_000;

/**
 * Admits a request of one route only if it can be answered soon. By Little's law the requests in hand, divided by the rate at which
 * they are answered, is the time that a new one will wait. A burst, or a thousand clients that each wait for their
 * answer, stays below `maxQueueMs` or `burst` and is worked off. What goes beyond comes faster than it can be answered:
 * from the first refusal until a second has passed without one, only as much is taken in as can be answered in twice the
 * time that an answer takes without a queue. What that is can be seen when the queue has run dry, as it must every ten
 * seconds: a process that starts into overload knows no better than its first, slow answers. (CoDel's distinction: a
 * queue that drains is good, one that stands is only delay. Nichols and Jacobson, "Controlling queue delay", ACM Queue
 * 10(5), 2012. Twice rate times shortest time is the window of BBR, and the look its ProbeRTT: Cardwell et al., ACM
 * Queue 14(5), 2016.)
 *
 * While the places are taken, each of the `k` tenants that hold some may hold the k-th part of them: who holds less is
 * still admitted, so that a tenant's flood takes places from itself alone. All together hold less than twice the places,
 * or one for each tenant.
 * Who was taken in during overload waits for a turn to be worked on, see `FairTurns`.
 */
export class Admission {
  /** In which those that were taken in are worked on. */
  readonly turns = new FairTurns(() => this.#workers());
  readonly #options: Required<AdmissionOptions>;
  /** Requests in hand of each tenant that has any. */
  readonly #held = new Map<string, number>();
  #inFlight = 0;
  /** When the last request came or left. */
  #now = 0;
  #rate = FIRST_RATE;
  /** What an answer takes without a queue, in milliseconds. */
  #shortestMs = 0;
  #windowStart = 0;
  #tookMs = 0;
  #answered = 0;
  #wasBusy = false;
  #refusedAt = Number.NEGATIVE_INFINITY;
  /** Only the least is taken in, until a window has passed that began with no more in hand. */
  #runsDry = false;
  #windowBeganDry = false;
  #seenDryAt = Number.NEGATIVE_INFINITY;

  constructor(options: AdmissionOptions = {}) {
    const { maxQueueMs = 500, targetQueueMs = 20, burst = 1_000, minInFlight = 4 } = options;
    this.#options = { maxQueueMs, targetQueueMs, burst, minInFlight };
  }

  /** Requests admitted and not answered. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Takes a request in, or answers false. Every one taken in is followed by one `leave`.
   * @param tenant Who shares places with nobody else; strangers are one tenant together.
   * @param now `performance.now()` milliseconds.
   */
  tryEnter(tenant: string, now: number): boolean {
    this.#now = now;
    const held = this.#held.get(tenant) ?? 0;
    const places = this.#places(now);
    if (this.#inFlight >= places && held >= this.#share(places, held)) {
      this.#refusedAt = now;
      return false;
    }
    this.#inFlight += 1;
    this.#held.set(tenant, held + 1);
    return true;
  }

  /** @param tookMs Time since it was taken in. */
  leave(tenant: string, now: number, tookMs: number): void {
    this.#now = now;
    this.#inFlight -= 1;
    this.#learn(now, tookMs);
    const held = (this.#held.get(tenant) as number) - 1;
    if (held === 0) this.#held.delete(tenant);
    else this.#held.set(tenant, held);
  }

  /** How many may be in hand. */
  #places(now: number): number {
    const { maxQueueMs, targetQueueMs, burst, minInFlight } = this.#options;
    const isOverloaded = this.#isOverloaded(now);
    if (isOverloaded && this.#runsDry) return LEAST_WORKERS;
    const [leastMs, least] = isOverloaded ? [targetQueueMs, minInFlight] : [maxQueueMs, burst];
    const queueMs = Math.max(leastMs, 2 * this.#shortestMs);
    return Math.max(least, (this.#rate * queueMs) / 1_000);
  }

  /**
   * How many of those in hand may be worked on. During overload it is what can be answered in half of the target, or in
   * half again as long as an answer takes without a queue: with less the process would idle, and behind more whoever
   * comes next would wait, whosever they are.
   */
  #workers(): number {
    if (!this.#isOverloaded(this.#now)) return Number.POSITIVE_INFINITY;
    const workMs = Math.max(this.#options.targetQueueMs / 2, 1.5 * this.#shortestMs);
    return Math.max(LEAST_WORKERS, (this.#rate * workMs) / 1_000);
  }

  /** A tenant's part of the places, one at least; `held` are those that it has. */
  #share(places: number, held: number): number {
    const tenants = this.#held.size + (held === 0 ? 1 : 0);
    return Math.max(1, places / tenants);
  }

  /**
   * Counts an answer, and learns from the window when its time is over. Only answers end a window, so that a standstill
   * is no rate: what stands still has limits of its own.
   */
  #learn(now: number, tookMs: number): void {
    this.#answered += 1;
    this.#tookMs += tookMs;
    const length = now - this.#windowStart;
    if (length >= WINDOW_MS) {
      const rate = (this.#answered / length) * 1_000;
      // Who answers few requests because few come, or are let in, may be able to answer more.
      if ((this.#wasBusy && !this.#runsDry) || rate > this.#rate)
        this.#rate += NEWEST * (rate - this.#rate);
      this.#learnShortest(now, this.#tookMs / this.#answered);
      this.#windowStart = now;
      this.#answered = 0;
      this.#tookMs = 0;
      this.#wasBusy = true;
    }
    if (this.#inFlight < this.#options.minInFlight) this.#wasBusy = false;
  }

  /** @param meanMs What the answers of the window that ends took. */
  #learnShortest(now: number, meanMs: number): void {
    if (!this.#isOverloaded(now)) {
      const known = this.#shortestMs === 0 ? meanMs : this.#shortestMs * FORGET;
      this.#shortestMs = Math.min(known, meanMs);
      this.#runsDry = false;
    } else if (this.#runsDry && this.#windowBeganDry) {
      this.#shortestMs = meanMs;
      this.#runsDry = false;
      this.#seenDryAt = now;
    } else if (2 * this.#shortestMs > this.#options.targetQueueMs) {
      // Where it is shorter it makes no difference, and all who are refused meanwhile stay away for seconds.
      this.#runsDry ||= now - this.#seenDryAt >= DRY_EVERY_MS;
    }
    this.#windowBeganDry = this.#inFlight <= LEAST_WORKERS;
  }

  #isOverloaded(now: number): boolean {
    return now - this.#refusedAt < CALM_MS;
  }
}
