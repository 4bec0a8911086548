/** One stream that waits for a job to change. */
export class Follower {
  readonly jobId: string;
  /** Sequence of the last transition that it has read. */
  after: number;
  #isAwake = false;
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(jobId: string, after: number) {
    this.jobId = jobId;
    this.after = after;
  }

  /** Something may have happened. Remembered when it is busy. */
  wake(): void {
    this.#isAwake = true;
    this.#wake?.();
  }

  /** Nobody reads any more, or nobody may. */
  end(): void {
    this.#isOver = true;
    this.wake();
  }

  /** Resolves when it was woken since the last time. @returns false when it is over */
  async woken(): Promise<boolean> {
    if (!this.#isAwake) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
    this.#isAwake = false;
    return !this.#isOver;
  }
}
