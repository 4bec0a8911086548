import { AsyncLocalStorage } from "node:async_hooks";
import type { Logger } from "@sluice/telemetry";
import {
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  ConstantBackoff,
  ExponentialBackoff,
  circuitBreaker,
  handleType,
  handleWhen,
  retry,
} from "cockatiel";
import type { PoolMeter } from "./metrics.ts";
import {
  CommitLost,
  ConnectionFailed,
  TransactionLost,
  abortReason,
  databaseUnavailable,
  deadlineExceeded,
  shuttingDown,
} from "./pool-errors.ts";
import { isGone, neverRan } from "./sqlstate.ts";

/** So many lost connections in a row, without one success between them, mean that the database is gone. */
const FAILURES_TO_OPEN = 3;
/** How often a gone database is asked whether it is back. */
const PROBE_INTERVAL_MS = 100;
/**
 * How long after the database went away callers are held, in the hope of a quick restart, before they are refused at
 * once. Longer outages are told to the clients, who have `Retry-After`.
 */
const HOLD_MS = 3_000;
const MAX_RETRIES = 6;
const RETRY_DELAY_MS = { initialDelay: 10, maxDelay: 250 };

export interface CircuitOptions {
  readonly pool: string;
  /** Asks the database for an answer over a slot; rejects when there is none. */
  readonly probe: () => Promise<unknown>;
  readonly logger: Logger;
  readonly meter: PoolMeter;
}

/** What the circuit must know of a call to hold it or to repeat it. */
export interface CircuitCall {
  readonly operation: string;
  /** Running it twice is the same as running it once. */
  readonly idempotent: boolean;
  readonly signal?: AbortSignal | undefined;
  /** `performance.now()` milliseconds. */
  readonly deadline: number;
}

/** A failure after which the call may be repeated; `cause` is what the caller gets when no attempt succeeds. */
class Repeatable extends Error {}

/** Not an answer: whatever went wrong with the probe, the database has not been seen to work. */
class ProbeFailed extends Error {}

/**
 * The breaker of one workload, and the retries that it makes safe. It opens when the database is gone, and never
 * because the pool is full. While it is open nobody but one probe touches the database; callers are held for a
 * moment and then refused at once.
 */
export class Circuit {
  readonly #options: CircuitOptions;
  readonly #breaker: CircuitBreakerPolicy;
  readonly #stopped = new AbortController();
  #openedAt = 0;
  #recovery = Promise.resolve();
  /** The probing belongs to nobody's request, though some request was the first to find the database gone. */
  readonly #detached = AsyncLocalStorage.snapshot();

  constructor(options: CircuitOptions) {
    this.#options = options;
    this.#breaker = circuitBreaker(
      handleWhen((error) => isDatabaseGone(error) || error instanceof ProbeFailed),
      // Not 0: that is measured by the wall clock, which may step back, and would then keep the probe out.
      {
        breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
        halfOpenAfter: Number.NEGATIVE_INFINITY,
      },
    );
    this.#breaker.onStateChange((state) => this.#changed(state));
  }

  /**
   * Runs `attempt`, and again after a failure that certainly did nothing or, for idempotent calls, after a lost
   * connection.
   * @throws DATABASE_UNAVAILABLE when the database is gone, or else what `attempt` threw.
   */
  async run<T>(call: CircuitCall, attempt: () => Promise<T>): Promise<T> {
    try {
      return await this.#attempt(call, attempt);
    } catch (error) {
      if (!(error instanceof Repeatable)) throw error;
      return this.#repeat(call, attempt, error);
    }
  }

  /** Ends the probing; the circuit stays in the state it has. */
  stop(): void {
    this.#stopped.abort();
  }

  async #attempt<T>(call: CircuitCall, attempt: () => Promise<T>): Promise<T> {
    while (this.#breaker.state !== CircuitState.Closed) await this.#hold(call);
    try {
      return await this.#breaker.execute(attempt);
    } catch (error) {
      throw mayRepeat(call, error) ? new Repeatable("may be repeated", { cause: error }) : error;
    }
  }

  async #repeat<T>(call: CircuitCall, attempt: () => Promise<T>, first: Repeatable): Promise<T> {
    const policy = retry(handleType(Repeatable), {
      maxAttempts: MAX_RETRIES,
      backoff: new ExponentialBackoff(RETRY_DELAY_MS),
    });
    try {
      return await policy.execute(() => {
        if (call.signal?.aborted) throw abortReason(call.signal, call.operation);
        if (performance.now() >= call.deadline) throw deadlineExceeded(call.operation, first.cause);
        return this.#attempt(call, attempt);
      }, call.signal);
    } catch (error) {
      if (call.signal?.aborted) throw abortReason(call.signal, call.operation);
      throw error instanceof Repeatable ? error.cause : error;
    }
  }

  /** Waits for the database to come back, but not beyond the hold, the deadline or the caller's patience. */
  async #hold(call: CircuitCall): Promise<void> {
    if (this.#stopped.signal.aborted) throw shuttingDown(this.#options.pool);
    const until = Math.min(this.#openedAt + HOLD_MS, call.deadline);
    const left = until - performance.now();
    if (left <= 0) throw databaseUnavailable(this.#options.pool);
    const { promise: gaveUp, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(databaseUnavailable(this.#options.pool)), left);
    const aborted = (): void => reject(abortReason(call.signal!, call.operation));
    if (call.signal?.aborted) aborted();
    call.signal?.addEventListener("abort", aborted, { once: true });
    try {
      await Promise.race([this.#recovery, gaveUp]);
    } finally {
      clearTimeout(timer);
      call.signal?.removeEventListener("abort", aborted);
    }
  }

  #changed(state: CircuitState): void {
    const { pool, meter, logger } = this.#options;
    meter.circuit(METRIC_STATES[state]);
    if (state === CircuitState.Closed) {
      this.#openedAt = 0;
      logger.info({ pool }, "the database answers again");
    }
    if (state !== CircuitState.Open || this.#openedAt > 0) return;
    logger.error(
      { pool, err: failureOf(this.#breaker) },
      "the database is gone; callers are held, then refused",
    );
    this.#openedAt = performance.now();
    this.#recovery = this.#detached(() => this.#recover());
  }

  /** Probes until the database answers: the one half-open call at a time. */
  async #recover(): Promise<void> {
    const untilItAnswers = retry(handleType(ProbeFailed), {
      maxAttempts: Number.MAX_SAFE_INTEGER,
      backoff: new ConstantBackoff(PROBE_INTERVAL_MS),
    });
    const probe = async (): Promise<void> => {
      await this.#breaker.execute(() => this.#probe());
      // A straggler that failed meanwhile has opened the breaker again, and then this answer did not count.
      if (this.#breaker.state !== CircuitState.Closed) throw new ProbeFailed("opened again");
    };
    await untilItAnswers.execute(probe, this.#stopped.signal).catch(() => undefined); // only stop() ends it early
  }

  async #probe(): Promise<void> {
    try {
      await this.#options.probe();
    } catch (error) {
      throw new ProbeFailed("no answer", { cause: error });
    }
  }
}

const METRIC_STATES = {
  [CircuitState.Closed]: 0,
  [CircuitState.HalfOpen]: 1,
  [CircuitState.Open]: 2,
  [CircuitState.Isolated]: 2,
} as const;

function isDatabaseGone(error: unknown): boolean {
  return isUndone(error) || error instanceof CommitLost || isGone(error);
}

function mayRepeat(call: CircuitCall, error: unknown): boolean {
  return isUndone(error) || neverRan(error) || (call.idempotent && isDatabaseGone(error));
}

/** Lost, and certainly without effect. */
function isUndone(error: unknown): boolean {
  return error instanceof ConnectionFailed || error instanceof TransactionLost;
}

function failureOf(breaker: CircuitBreakerPolicy): unknown {
  return breaker.lastFailure !== undefined && "error" in breaker.lastFailure
    ? breaker.lastFailure.error
    : undefined;
}
