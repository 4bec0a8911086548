import { type Problem, toProblem } from "@sluice/errors";
import type { Queryable } from "../data-loader.ts";
import {
  beginUpload,
  failUpload,
  type Progress,
  touchUpload,
  type UploadKey,
} from "./upload-queries.ts";

/** What followers see changes twice a second. */
const LOOK_EVERY_MS = 500;
/** Of an upload that stands still something is heard all the same. */
const TOUCH_EVERY_MS = 15_000;
/** A problem names up to a hundred rows, and columns by names of any length. */
const MAX_PROBLEM_CHARACTERS = 65_536;
const MAX_DETAIL_CHARACTERS = 2_000;

/** Keeps what is known of an upload in the database, where every instance finds it. The upload never waits for that. */
export class UploadProgress {
  readonly #db: Queryable;
  readonly #key: UploadKey;
  readonly #current: () => Progress;
  readonly #onMissed: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #said = "";
  #saidAt = 0;
  #saying: Promise<void> | undefined;

  constructor(
    db: Queryable,
    key: UploadKey,
    current: () => Progress,
    onMissed: (error: unknown) => void,
  ) {
    this.#db = db;
    this.#key = key;
    this.#current = current;
    this.#onMissed = onMissed;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#say(beginUpload(db, key));
  }

  /** Says nothing more; resolves when nothing is on its way. Idempotent. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#saying;
  }

  /** Says that the upload failed, and what its client was told. Follows `stop`. */
  async fail(error: unknown, requestId: string): Promise<void> {
    const problem = shortened(toProblem(error, requestId));
    await failUpload(this.#db, this.#key, this.#current(), problem);
  }

  #look(): void {
    const progress = this.#current();
    const text = JSON.stringify(progress);
    const isDue = performance.now() - this.#saidAt >= TOUCH_EVERY_MS;
    if (this.#saying !== undefined || (text === this.#said && !isDue)) return;
    this.#said = text;
    this.#say(touchUpload(this.#db, this.#key, progress));
  }

  #say(saying: Promise<void>): void {
    this.#saidAt = performance.now();
    this.#saying = saying.catch(this.#onMissed).finally(() => {
      this.#saying = undefined;
    });
  }
}

function shortened(problem: Problem): object {
  if (JSON.stringify(problem).length <= MAX_PROBLEM_CHARACTERS) return problem;
  const { type, title, status, code, detail, request_id } = problem;
  return { type, title, status, code, detail: detail.slice(0, MAX_DETAIL_CHARACTERS), request_id };
}
