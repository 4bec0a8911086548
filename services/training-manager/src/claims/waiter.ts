/** A claim that stands in line. */
export class Waiter {
  #isOver = false;
  #turn: PromiseWithResolvers<boolean> | undefined;

  /** Ready to be given its turn. */
  get isReady(): boolean {
    return this.#turn !== undefined;
  }

  /** Resolves with its turn. @returns false when its time is over; @throws the reason of `leave` */
  turn(): Promise<boolean> {
    if (this.#isOver) return Promise.resolve(false);
    this.#turn = Promise.withResolvers();
    return this.#turn.promise;
  }

  /** Gives it its turn. */
  go(): void {
    this.#take()?.resolve(true);
  }

  /** Its time is over. */
  end(): void {
    this.#isOver = true;
    this.#take()?.resolve(false);
  }

  /** Its client left. */
  leave(reason: unknown): void {
    this.#isOver = true;
    this.#take()?.reject(reason);
  }

  #take(): PromiseWithResolvers<boolean> | undefined {
    const turn = this.#turn;
    this.#turn = undefined;
    return turn;
  }
}
