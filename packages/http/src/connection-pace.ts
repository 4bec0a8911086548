import { type IncomingMessage, type ServerResponse } from "node:http";
import { Socket } from "node:net";

/** What may come back at once: ten milliseconds' worth. */
const BURST_MS = 10;
const TICK_MS = 1;

/**
 * Lets refused connections be read again no faster than at a rate (a token bucket). A refusal takes about a third of
 * the time of a look-up: without a limit, clients that come back at once keep the process busy refusing them, and nothing
 * is answered. The refusal itself waits for nothing, and who stays away for as long as `Retry-After` says meets no limit.
 */
export class ConnectionPace {
  readonly #perMs: number;
  readonly #resting: Socket[] = [];
  #tokens: number;
  #filledAt = performance.now();
  #isScheduled = false;

  /** @param perMs Connections a millisecond. */
  constructor(perMs: number) {
    this.#perMs = perMs;
    this.#tokens = perMs * BURST_MS;
  }

  /** Once the answer is out, what the connection brings is left unread until its turn has come. */
  restAfter(request: IncomingMessage, response: ServerResponse): void {
    response.once("close", () => {
      // Node is about to read and throw away the rest of the body; what is injected has no connection.
      if (request.complete && request.socket instanceof Socket) this.rest(request.socket);
    });
  }

  /** Stops reading from the connection until its turn has come. */
  rest(socket: Socket): void {
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
