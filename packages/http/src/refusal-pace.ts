import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";

/** What may come back at once: ten milliseconds' worth. */
const BURST_MS = 10;
const TICK_MS = 1;
const SECOND_MS = 1_000;

/**
 * Keeps refusing from becoming the load. A refusal takes about a third of the time of a look-up: clients that come back
 * at once, or very many of them, would keep the process busy refusing them, and nothing would be answered. So the more
 * are refused, the later they are told to come back; and of connections that bring a request before that time, only so
 * many a millisecond are read again (a token bucket). The refusal itself waits for nothing.
 */
export class RefusalPace {
  readonly #perMs: number;
  /** When each connection was told to come back, by `performance.now()`. */
  readonly #dueAt = new WeakMap<Socket, number>();
  readonly #resting: Socket[] = [];
  #tokens: number;
  #filledAt = performance.now();
  #isScheduled = false;
  #secondBegan = Number.NEGATIVE_INFINITY;
  #refused = 0;
  #refusedBefore = 0;

  /** @param perMs Refusals a millisecond. */
  constructor(perMs: number) {
    this.#perMs = perMs;
    this.#tokens = perMs * BURST_MS;
  }

  /** Notes that a request is about to be refused. @returns seconds after which its client may come back */
  refuse(request: IncomingMessage, response: ServerResponse): number {
    const now = performance.now();
    const seconds = this.#secondsToWait(now);
    const { socket } = request;
    // A request that is injected has no connection.
    if (!(socket instanceof Socket)) return seconds;
    const isEarly = now < (this.#dueAt.get(socket) ?? 0);
    this.#dueAt.set(socket, now + seconds * SECOND_MS);
    if (isEarly) response.once("close", () => this.#rest(request));
    return seconds;
  }

  /** Time in which all that are refused in a second can be refused once more. */
  #secondsToWait(now: number): number {
    const since = now - this.#secondBegan;
    if (since >= SECOND_MS) {
      this.#refusedBefore = since < 2 * SECOND_MS ? this.#refused : 0;
      this.#refused = 0;
      this.#secondBegan = now;
    }
    this.#refused += 1;
    const refused = Math.max(this.#refused, this.#refusedBefore);
    return Math.ceil(refused / (this.#perMs * SECOND_MS));
  }

  /** Stops reading from the connection until its turn has come. */
  #rest({ complete, socket }: IncomingMessage): void {
    // Node is about to read and throw away the rest of the body.
    if (!complete) return;
    socket.pause();
    this.#resting.push(socket);
    this.#wakeDue();
  }

  #wakeDue(): void {
    const now = performance.now();
    const most = this.#perMs * BURST_MS;
    this.#tokens = Math.min(most, this.#tokens + (now - this.#filledAt) * this.#perMs);
    this.#filledAt = now;
    const due = this.#resting.splice(0, Math.floor(this.#tokens));
    this.#tokens -= due.length;
    for (const socket of due) socket.resume();
    if (this.#resting.length > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setTimeout(() => {
      this.#isScheduled = false;
      this.#wakeDue();
    }, TICK_MS);
  }
}
