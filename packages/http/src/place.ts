import type { Admission } from "./admission.ts";
import type { Turn } from "./fair-turns.ts";

/** The place of a request that was taken in. */
export class Place {
  readonly #admission: Admission;
  readonly #tenant: string;
  #turn: Turn | undefined;

  constructor(admission: Admission, tenant: string) {
    this.#admission = admission;
    this.#tenant = tenant;
  }

  /** Resolves when the request may be worked on; undefined = at once. Never resolves once it has left. */
  begin(): Promise<void> | undefined {
    this.#turn = this.#admission.turns.take(this.#tenant);
    return this.#turn.begun;
  }

  /** @param tookMs Time since it was taken in. */
  leave(now: number, tookMs: number): void {
    this.#admission.leave(this.#tenant, now, tookMs);
    if (this.#turn !== undefined) this.#admission.turns.end(this.#turn);
  }
}
