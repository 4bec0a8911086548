import type { Writable } from "node:stream";

/** Writes what it is given in that order, each piece a while after it came. */
export class DelayLine {
  readonly #to: Writable;
  /** A piece of undefined is the end. */
  readonly #pieces: { readonly piece: Buffer | undefined; readonly dueAt: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(to: Writable) {
    this.#to = to;
  }

  /** A shorter delay than that of the piece before does not overtake it. */
  send(piece: Buffer | undefined, delayMs: number): void {
    this.#pieces.push({ piece, dueAt: performance.now() + delayMs });
    this.#writeDue();
  }

  /** Forgets what is not written yet. */
  close(): void {
    clearTimeout(this.#timer);
    this.#pieces.length = 0;
  }

  #writeDue(): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    for (let next = this.#pieces[0]; next !== undefined; next = this.#pieces[0]) {
      if (next.dueAt > now) {
        this.#timer = setTimeout(() => this.#writeDue(), next.dueAt - now);
        return;
      }
      this.#pieces.shift();
      if (next.piece === undefined) this.#to.end();
      else this.#to.write(next.piece);
    }
  }
}
