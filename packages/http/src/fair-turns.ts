/** One piece of work, from when it is announced to its end. */
export interface Turn {
  readonly whose: string;
  /** Resolves when the work may begin; undefined = at once. */
  readonly begun: Promise<void> | undefined;
}

interface Waiting {
  readonly turn: Turn;
  readonly begin: () => void;
}

/**
 * Lets so many work at a time. The others wait, and are let on one of each tenant after the other, those of one tenant in
 * the order in which they came: whoever asks for little waits behind little, however much another one asks for.
 * (Nagle, "On packet switches with infinite storage", RFC 970, 1985: fair queueing with turns.)
 */
export class FairTurns {
  readonly #limit: () => number;
  /** Nobody's is empty. The first is the next; who had a turn goes to the end. */
  readonly #waiting = new Map<string, Waiting[]>();
  #working = 0;

  /** @param limit How many may work now, one at least. */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** Announces a piece of work. Every one is followed by one `end`, also when it never began. */
  take(whose: string): Turn {
    if (this.#waiting.size === 0 && this.#working < this.#limit()) {
      this.#working += 1;
      return { whose, begun: undefined };
    }
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const turn = { whose, begun };
    const before = this.#waiting.get(whose);
    if (before === undefined) this.#waiting.set(whose, [{ turn, begin }]);
    else before.push({ turn, begin });
    return turn;
  }

  /** Ends a piece of work, or gives up one that waits: its `begun` never resolves then. */
  end(turn: Turn): void {
    if (!this.#giveUp(turn)) this.#working -= 1;
    while (this.#waiting.size > 0 && this.#working < this.#limit()) this.#letOn();
  }

  #letOn(): void {
    const [whose, waiting] = this.#waiting.entries().next().value as [string, Waiting[]];
    (waiting.shift() as Waiting).begin();
    this.#working += 1;
    this.#waiting.delete(whose);
    if (waiting.length > 0) this.#waiting.set(whose, waiting);
  }

  #giveUp(turn: Turn): boolean {
    if (turn.begun === undefined) return false;
    const waiting = this.#waiting.get(turn.whose) ?? [];
    const index = waiting.findIndex((other) => other.turn === turn);
    if (index < 0) return false;
    waiting.splice(index, 1);
    if (waiting.length === 0) this.#waiting.delete(turn.whose);
    return true;
  }
}
