import type { TraceSpan } from "@sluice/telemetry";

/** What a caller may bring along. */
export interface CallOptions {
  /** The caller left, or its time is over. */
  readonly signal?: AbortSignal | undefined;
  /** `performance.now()` milliseconds. */
  readonly deadline?: number | undefined;
  /** Of the caller's request, when it is traced. */
  readonly span?: TraceSpan | undefined;
}

/** Somebody who waits for a key. Settled once: by the batch, or by leaving. */
export class Caller<V> {
  readonly promise: Promise<V>;
  readonly deadline: number;
  /** What is done when the caller leaves before it is answered. */
  onLeave: (() => void) | undefined;
  readonly #settle: PromiseWithResolvers<V>;
  readonly #signal: AbortSignal | undefined;
  /** Of the request; undefined unless it is traced. */
  readonly span: TraceSpan | undefined;
  /** `performance.now()` milliseconds, of who is traced. */
  readonly since: number;
  #hasLeft = false;

  constructor({ signal, deadline = Number.POSITIVE_INFINITY, span }: CallOptions) {
    this.#settle = Promise.withResolvers<V>();
    this.promise = this.#settle.promise;
    this.deadline = deadline;
    this.#signal = signal;
    this.span = span;
    this.since = span === undefined ? 0 : performance.now();
    signal?.addEventListener("abort", this.#leave, { once: true });
  }

  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  resolve(value: V): void {
    this.#signal?.removeEventListener("abort", this.#leave);
    this.#settle.resolve(value);
  }

  reject(error: unknown): void {
    this.#signal?.removeEventListener("abort", this.#leave);
    this.#settle.reject(error);
  }

  readonly #leave = (): void => {
    this.#hasLeft = true;
    this.#settle.reject(this.#signal?.reason);
    this.onLeave?.();
  };
}

/** Aborts when the last of `callers` has left: only then does nobody want the statement any more. */
export function abortWhenAllLeft<V>(callers: readonly Caller<V>[]): AbortSignal {
  const controller = new AbortController();
  let present = callers.filter(({ hasLeft }) => !hasLeft).length;
  const left = (): void => {
    present -= 1;
    if (present === 0) controller.abort(new Error("every caller of the batch has left"));
  };
  for (const caller of callers) caller.onLeave = left;
  return controller.signal;
}

/** The latest deadline of `callers`; undefined when one of them has none. */
export function latestDeadline<V>(callers: readonly Caller<V>[]): number | undefined {
  let latest = 0;
  for (const { deadline } of callers) latest = Math.max(latest, deadline);
  return Number.isFinite(latest) ? latest : undefined;
}
