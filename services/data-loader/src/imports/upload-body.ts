import { createHash, type Hash } from "node:crypto";
import type { Readable } from "node:stream";
import { SluiceError } from "@sluice/errors";

/** Longest that an upload may be silent while it is being waited for. */
const SILENCE_MS = 5 * 60_000;

/** The bytes of a request as they come, counted and hashed. Read as fast as they are consumed, and no faster. */
export class UploadBody implements AsyncIterable<Buffer> {
  #bytes = 0;
  readonly #hash: Hash = createHash("sha256");
  readonly #stream: Readable;
  readonly #silenceMs: number;

  constructor(stream: Readable, silenceMs: number = SILENCE_MS) {
    this.#stream = stream;
    this.#silenceMs = silenceMs;
  }

  /** Bytes until now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** SHA-256 of all of it in hex; ends the hashing. */
  sha256(): string {
    return this.#hash.digest("hex");
  }

  /**
   * Left early, the stream stays open: the rest of a body that was answered before its end is discarded, so that the
   * client gets to read the answer.
   * @throws SluiceError REQUEST_TIMEOUT, CLIENT_CLOSED_REQUEST
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    const chunks = this.#stream.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
    for (;;) {
      const next = await within(chunks.next().catch(clientGone), this.#silenceMs);
      if (next.done === true) return;
      this.#bytes += next.value.length;
      this.#hash.update(next.value);
      yield next.value;
    }
  }

  /** Reads and hashes what is left. */
  async drain(): Promise<void> {
    for await (const _ of this);
  }
}

/** A request's body fails in no other way. */
function clientGone(cause: unknown): never {
  const detail = "The client closed the connection before its upload had come.";
  throw new SluiceError("CLIENT_CLOSED_REQUEST", detail, { cause });
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const detail = `No byte of the upload came for ${ms / 1000} s. Upload the part again.`;
  const timer = setTimeout(() => reject(new SluiceError("REQUEST_TIMEOUT", detail)), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
