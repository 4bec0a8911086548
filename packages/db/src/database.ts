import type { Compilable, CompiledQuery, Kysely, RawBuilder } from "kysely";
import { type Call, runCall } from "./call.ts";
import type { Circuit } from "./circuit.ts";
import {
  CommitLost,
  ConnectionFailed,
  TransactionLost,
  databaseUnavailable,
  deadlineExceeded,
  outcomeUnknown,
} from "./pool-errors.ts";
import { isCancelled, isGone } from "./sqlstate.ts";
import { currentContext } from "@sluice/telemetry";
import { endOperation, startOperation } from "./operation-spans.ts";

export interface RunOptions {
  /** Running it twice is the same as running it once: it is repeated when a connection breaks. @default false */
  readonly idempotent?: boolean;
  /** @default that of the request's context */
  readonly signal?: AbortSignal | undefined;
  /** `performance.now()` milliseconds. @default that of the request's context, else the pool's time-outs */
  readonly deadline?: number | undefined;
}

/** Something Kysely can compile: a finished query builder, or its `sql` template. */
export type Query<R> = Compilable<R> | RawBuilder<R>;

/** The database of one workload: statements by name, each over a slot of the workload's gate. */
export interface Database<S> {
  /** Builds queries; running them is for `run`, which gives them a name and a deadline. */
  readonly builder: Kysely<S>;

  /**
   * Runs one statement in autocommit and returns its rows.
   * @throws SluiceError POOL_SATURATED, POOL_TIMEOUT, DATABASE_UNAVAILABLE, DEADLINE_EXCEEDED, CLIENT_CLOSED_REQUEST,
   * SHUTTING_DOWN; PostgresError for what the server says of the statement itself.
   */
  run<R>(operation: string, query: Query<R>, options?: RunOptions): Promise<R[]>;

  /**
   * Runs `body` inside one transaction on one slot. It is repeated from the start when the server asks for it
   * (deadlock, serialization failure) or the connection broke before `commit`, so `body` must do nothing but queries.
   * @throws as `run`.
   */
  transaction<T>(
    operation: string,
    body: (tx: Database<S>) => Promise<T>,
    options?: RunOptions,
  ): Promise<T>;
}

export interface PooledDatabaseOptions<S> {
  readonly pool: string;
  readonly kysely: Kysely<S>;
  readonly circuit: Circuit;
  /** For calls that bring no deadline: the gate's and the server's time-outs together. */
  readonly defaultTimeoutMs: () => number;
}

/** A `Database` over a gate, behind a circuit. */
export class PooledDatabase<S> implements Database<S> {
  readonly builder: Kysely<S>;
  readonly #options: PooledDatabaseOptions<S>;

  constructor(options: PooledDatabaseOptions<S>) {
    this.#options = options;
    this.builder = options.kysely;
  }

  async run<R>(operation: string, query: Query<R>, options: RunOptions = {}): Promise<R[]> {
    const compiled = query.compile(this.builder);
    const { rows } = await this.#call(operation, options, undefined, () =>
      this.builder.executeQuery<R>(compiled),
    );
    return rows;
  }

  transaction<T>(
    operation: string,
    body: (tx: Database<S>) => Promise<T>,
    options: RunOptions = {},
  ): Promise<T> {
    const origin = new Error(`transaction ${operation}`);
    return this.#call(operation, options, origin, async (call) => {
      try {
        return await this.builder
          .transaction()
          .execute((tx) => body(new TransactionDatabase(tx, call)));
      } catch (error) {
        throw isGone(error) ? new TransactionLost(error) : error;
      }
    });
  }

  async #call<T>(
    operation: string,
    options: RunOptions,
    origin: Error | undefined,
    attempt: (call: Call) => Promise<T>,
  ): Promise<T> {
    const context = currentContext();
    const { pool, circuit, defaultTimeoutMs } = this.#options;
    const timeoutMs = defaultTimeoutMs();
    const call: Call = {
      operation,
      requestId: context?.requestId,
      signal: options.signal ?? context?.signal,
      deadline: options.deadline ?? context?.deadline ?? Number.POSITIVE_INFINITY,
      timeoutMs,
      autocommit: origin === undefined,
      origin,
      span: context?.span && startOperation(context.span, pool, operation, origin === undefined),
    };
    const idempotent = options.idempotent ?? false;
    const deadline = Math.min(call.deadline, performance.now() + timeoutMs);
    try {
      const result = await circuit.run({ ...call, deadline, idempotent }, () =>
        runCall(call, () => attempt(call)),
      );
      call.span?.end();
      return result;
    } catch (error) {
      const translated = this.#translate(error, operation, idempotent);
      if (call.span !== undefined) endOperation(call.span, translated);
      throw translated;
    }
  }

  /** Pool and connection troubles in the words of the API; what the server said of the statement stays as it is. */
  #translate(error: unknown, operation: string, idempotent: boolean): unknown {
    const { pool } = this.#options;
    if (error instanceof ConnectionFailed || error instanceof TransactionLost)
      return databaseUnavailable(pool, error);
    if (error instanceof CommitLost || isGone(error)) {
      return idempotent ? databaseUnavailable(pool, error) : outcomeUnknown(operation, error);
    }
    return isCancelled(error) ? deadlineExceeded(operation, error) : error;
  }
}

/** The same inside a transaction: every statement on its slot, with its deadline. */
class TransactionDatabase<S> implements Database<S> {
  readonly builder: Kysely<S>;
  readonly #call: Call;

  constructor(builder: Kysely<S>, call: Call) {
    this.builder = builder;
    this.#call = call;
  }

  async run<R>(operation: string, query: Query<R>): Promise<R[]> {
    const compiled: CompiledQuery<R> = query.compile(this.builder);
    const { rows } = await runCall({ ...this.#call, operation }, () =>
      this.builder.executeQuery(compiled),
    );
    return rows;
  }

  /** Joins the transaction that is open: queries compose without knowing whether they are inside one. */
  transaction<T>(_operation: string, body: (tx: Database<S>) => Promise<T>): Promise<T> {
    return body(this);
  }
}
