import type { ByteSource } from "./input-row.ts";

/** A stream ends before what it says to hold. */
export class CutShort extends Error {
  override readonly name = "CutShort";

  constructor() {
    super("it is cut short");
  }
}

/** Takes so many bytes off a stream, however they come. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: ByteSource) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** Whether the stream has come to its end. */
  async isAtEnd(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done === true) return true;
      this.#rest = value;
    }
    return false;
  }

  /** All of them at once. @throws CutShort */
  async read(length: number): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.pass(length)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** As they come. @throws CutShort */
  async *pass(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0;) {
      if (await this.isAtEnd()) throw new CutShort();
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** Reads no more. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
