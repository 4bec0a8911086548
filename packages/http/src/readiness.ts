/** Why an instance takes no requests; none = it does. */
export type Reasons = readonly string[];

const LIMIT_MS = 2_000;

/** Asks whether an instance is ready; probes that come while one is asked share its answer. */
export class Readiness {
  readonly #ready: () => Promise<void>;
  #draining = false;
  #pending: Promise<Reasons> | undefined;

  /** `ready` rejects with what is missing; an AggregateError names several things. */
  constructor(ready: () => Promise<void>) {
    this.#ready = ready;
  }

  /** From now on the answer is no. */
  drain(): void {
    this.#draining = true;
  }

  /** Answers within 2 seconds, whatever `ready` does. */
  async reasonsAgainst(): Promise<Reasons> {
    if (this.#draining) return ["The instance is shutting down."];
    this.#pending ??= this.#ask().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #ask(): Promise<Reasons> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Reasons>((resolve) => {
      timer = setTimeout(resolve, LIMIT_MS, [`The check did not end within ${LIMIT_MS} ms.`]);
    });
    const asked = Promise.try(this.#ready).then(() => [], reasonsOf);
    return Promise.race([asked, late]).finally(() => clearTimeout(timer));
  }
}

function reasonsOf(error: unknown): Reasons {
  if (error instanceof AggregateError) return error.errors.flatMap(reasonsOf);
  return [error instanceof Error ? error.message : String(error)];
}
