import { Readable } from "node:stream";

type Chunk = IteratorResult<Buffer, unknown>;

/**
 * A stream of chunks that are asked for one at a time, when the one before has been taken. A high-water mark of 0 and not
 * `Readable.from`, which is always a chunk ahead of a reader that has paused.
 */
export class PulledStream extends Readable {
  readonly #pull: () => Promise<Chunk>;
  #first: Chunk | undefined;

  /** @param first what was pulled already */
  constructor(first: Chunk, pull: () => Promise<Chunk>) {
    super({ highWaterMark: 0 });
    this.#first = first;
    this.#pull = pull;
  }

  override _read(): void {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) this.#push(first);
    else
      this.#pull().then(
        (chunk) => this.#push(chunk),
        (error: Error) => this.destroy(error),
      );
  }

  #push({ done, value }: Chunk): void {
    this.push(done === true ? null : value);
  }
}
