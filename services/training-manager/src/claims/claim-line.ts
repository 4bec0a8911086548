import type { ClaimScope } from "./queries.ts";
import { Waiter } from "./waiter.ts";

/** How long a claim may wait. */
export interface Patience {
  /** `performance.now()` milliseconds. */
  readonly until: number;
  /** The client left. */
  readonly signal: AbortSignal;
}

/** Without a hint the line looks this often, give or take a quarter, so that lines do not look together. */
const LOOK_EVERY_MS = 800;

/**
 * Claims of one scope that found nothing, in order of arrival. Only the first tries: when it is told that there may be
 * something, and after a while in any case. Who gets a job leaves, and the next tries at once, since there may be
 * more. So a job that appears costs one claim and not one for each that waits, and an idle line one in a while.
 *
 * Invariants: whoever tries stands first until it is done, and one tries at a time; while the line is due, its first is
 * trying. All of it changes between two awaits, so no lock is needed.
 */
export class ClaimLine {
  readonly scope: ClaimScope;
  readonly #waiters = new Set<Waiter>();
  /** There may be a job that no claim has looked for yet. */
  #isDue = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(scope: ClaimScope) {
    this.scope = scope;
  }

  get length(): number {
    return this.#waiters.size;
  }

  /**
   * Waits in line until `attempt` finds something; undefined when the time is over.
   * @throws what `attempt` throws, or the reason of the signal.
   */
  async wait<T>(
    attempt: () => Promise<T | undefined>,
    { until, signal }: Patience,
  ): Promise<T | undefined> {
    signal.throwIfAborted();
    const waiter = new Waiter();
    const leave = (): void => waiter.leave(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    const timer = setTimeout(() => waiter.end(), until - performance.now());
    this.#waiters.add(waiter);
    this.wake();
    try {
      while (await this.#turn(waiter)) {
        const found = await this.#try(attempt, signal);
        if (found !== undefined) return found;
      }
      return undefined;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", leave);
      this.#remove(waiter);
    }
  }

  /** There may be a job. */
  wake(): void {
    this.#isDue = true;
    this.#next();
  }

  /** Ends every wait; who is trying gets what it finds. */
  end(): void {
    for (const waiter of this.#waiters) waiter.end();
  }

  #turn(waiter: Waiter): Promise<boolean> {
    const turn = waiter.turn();
    this.#next();
    return turn;
  }

  #next(): void {
    const [first] = this.#waiters;
    if (!this.#isDue || !first?.isReady) return;
    this.#isDue = false;
    first.go();
  }

  async #try<T>(
    attempt: () => Promise<T | undefined>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    try {
      const found = await attempt();
      this.#isDue ||= found !== undefined;
      return found;
    } catch (error) {
      // It did not look to the end, so that the next one has to.
      this.#isDue ||= signal.aborted;
      throw error;
    } finally {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.wake(), LOOK_EVERY_MS * (0.75 + Math.random() / 2));
    }
  }

  #remove(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    if (this.#waiters.size === 0) clearTimeout(this.#timer);
    this.#next();
  }
}
