import { createHash } from "node:crypto";
import { SluiceError } from "@sluice/errors";
import type { Queryable } from "../data-loader.ts";
import { type SegmentKey, touchSegment } from "../segments/queries.ts";
import { Batch } from "./batch.ts";
import { insertBatch } from "./queries.ts";
import type { SampleRow } from "./row.ts";

/** Larger ones are hardly faster, and hold a server longer. */
const MAX_ROWS = 5_000;
const MAX_CHARACTERS = 1024 * 1024;
/** One is being written while the next is being read. */
const MAX_IN_FLIGHT = 2;
const TOUCH_EVERY_MS = 60_000;

/**
 * Writes the rows of a segment in batches, each a statement that commits by itself: between them an upload holds no
 * connection, however slowly it comes.
 */
export class SegmentWriter {
  readonly #db: Queryable;
  readonly #segment: SegmentKey;
  readonly #content = createHash("sha256");
  readonly #inFlight = new Set<Promise<void>>();
  readonly #heartbeat: NodeJS.Timeout;
  #batch = new Batch(0);
  #characters = 0;
  #rowsCommitted = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(db: Queryable, segment: SegmentKey, onMissedTouch: (error: unknown) => void) {
    this.#db = db;
    this.#segment = segment;
    this.#heartbeat = setInterval(
      () => void touchSegment(db, segment).catch(onMissedTouch),
      TOUCH_EVERY_MS,
    );
  }

  /** Rows until now. */
  get rows(): number {
    return this.#batch.first + this.#batch.rows;
  }

  /** Of them, those that are stored. */
  get rowsCommitted(): number {
    return this.#rowsCommitted;
  }

  /** About how many characters they have. */
  get characters(): number {
    return this.#characters;
  }

  add(row: SampleRow): void {
    this.#characters += row.canonical.length;
    this.#batch.add(row);
    this.#content.update(`${row.canonical}\n`);
  }

  /** It is time to `send`. */
  get isFull(): boolean {
    return this.#batch.rows >= MAX_ROWS || this.#batch.characters >= MAX_CHARACTERS;
  }

  /** Sends the rows that came since on their way, and waits while enough are. @throws what became of earlier ones */
  async send(): Promise<void> {
    const batch = this.#batch;
    this.#batch = new Batch(this.rows);
    const writing = this.#write(batch).catch((error: unknown) => {
      this.#failure ??= { error };
    });
    this.#inFlight.add(writing);
    void writing.then(() => this.#inFlight.delete(writing));
    if (this.#inFlight.size >= MAX_IN_FLIGHT) await Promise.race(this.#inFlight);
    this.#throwFailure();
  }

  /** Writes the rest. @returns SHA-256 of the rows' canonical JSON, one a line, in hex */
  async finish(): Promise<string> {
    if (this.#batch.rows > 0) await this.send();
    await Promise.all(this.#inFlight);
    this.#throwFailure();
    return this.#content.digest("hex");
  }

  /** Waits until nothing is in flight any more. Idempotent. */
  async end(): Promise<void> {
    clearInterval(this.#heartbeat);
    await Promise.all(this.#inFlight);
  }

  async #write(batch: Batch): Promise<void> {
    if ((await insertBatch(this.#db, this.#segment, batch)) === batch.rows) {
      this.#rowsCommitted += batch.rows;
      return;
    }
    const detail = "Nothing was heard of the upload for so long that it was given up. Repeat it.";
    throw new SluiceError("DATABASE_UNAVAILABLE", detail);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
