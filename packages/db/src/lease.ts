import { abortReason, deadlineExceeded } from "./pool-errors.ts";
import type { Slot, StatementResult } from "./slot.ts";

/** When the caller of a statement stops waiting for it. */
export interface StatementLimits {
  readonly signal?: AbortSignal | undefined;
  /** `performance.now()` milliseconds, less than 24 days away. */
  readonly deadline: number;
  /** Told when the pooler has found a server; that takes the statement a round trip of its own. */
  readonly onServer?: (() => void) | undefined;
}

/** What the pool knows of a lease while somebody holds it. */
export interface LeaseRecord {
  readonly slot: Slot;
  readonly operation: string;
  readonly requestId: string | undefined;
  /** `performance.now()` milliseconds. */
  readonly acquiredAt: number;
  /** Where the lease was taken; the stack is only rendered when somebody asks. Undefined for a single statement. */
  readonly origin: Error | undefined;
  /** The last statement's text: parameters are bound, so the text is its own fingerprint. */
  statement: string | undefined;
  inTransaction: boolean;
  /** Whatever its holder left behind is unknown: the connection is closed instead of handed on. */
  abandoned: boolean;
  reported: boolean;
  released: boolean;
}

/**
 * A slot while somebody holds it. The pool keeps the record and not this object, so that a lease that its holder
 * forgot becomes garbage and is reclaimed.
 */
export class Lease {
  readonly #record: LeaseRecord;
  readonly #giveBack: (record: LeaseRecord) => void;
  #ended = false;

  constructor(record: LeaseRecord, giveBack: (record: LeaseRecord) => void) {
    this.#record = record;
    this.#giveBack = giveBack;
  }

  /** The connection is still there. */
  get alive(): boolean {
    return this.#record.slot.alive;
  }

  /**
   * Runs one statement. When a limit is reached, the caller is told at once and the statement is cancelled on the
   * server; the slot stays with this lease until the server has let go of it.
   * @throws PostgresError, the connection's error, the signal's reason, DEADLINE_EXCEEDED.
   */
  async query(
    text: string,
    parameters: readonly unknown[],
    limits?: StatementLimits,
  ): Promise<StatementResult> {
    const { slot } = this.#record;
    while (slot.busy) await slot.settled();
    this.#assertOpen();
    this.#record.statement = text;
    return limits === undefined
      ? slot.query(text, parameters)
      : run(this.#record, text, parameters, limits);
  }

  /**
   * Runs `commit` or `rollback` after the statement in flight. Whatever else is still to come is refused: it would
   * run outside of the transaction, and take effect even when that was rolled back. The caller always learns the
   * server's answer; the statement is only cancelled, or the connection closed, when there is none in `timeoutMs`.
   * @throws as `query`.
   */
  async end(text: "commit" | "rollback", timeoutMs: number): Promise<StatementResult> {
    const { slot } = this.#record;
    this.#ended = true;
    while (slot.busy) await slot.settled();
    this.#record.statement = text;
    const timer = setTimeout(() => void slot.cancel(), timeoutMs);
    return slot.query(text, []).finally(() => clearTimeout(timer));
  }

  #assertOpen(): void {
    const { released, operation } = this.#record;
    if (released) throw new Error(`The lease of ${operation} was released before this statement`);
    if (this.#ended) throw new Error(`The transaction ${operation} ended before this statement`);
  }

  /** Between `begin` and the answer to `commit` or `rollback`: a slot released in between is closed. */
  set inTransaction(value: boolean) {
    this.#record.inTransaction = value;
  }

  /** Gives the slot back. Idempotent: the second owner of a slot can't be disturbed by the first. */
  release(): void {
    if (this.#record.released) return;
    this.#record.released = true;
    this.#giveBack(this.#record);
  }
}

function run(
  { slot, operation }: LeaseRecord,
  text: string,
  parameters: readonly unknown[],
  { signal, deadline, onServer }: StatementLimits,
): Promise<StatementResult> {
  if (signal?.aborted) throw abortReason(signal, operation);
  const left = deadline - performance.now();
  if (left <= 0) throw deadlineExceeded(operation);
  const { promise, resolve, reject } = Promise.withResolvers<StatementResult>();
  const giveUp = (reason: Error): void => {
    reject(reason);
    void slot.cancel();
  };
  const aborted = (): void => giveUp(abortReason(signal!, operation));
  // Sent before anybody listens: for a value that can't be sent this throws, and must leave nothing behind.
  const answer = slot.query(text, parameters, onServer);
  const timer = setTimeout(() => giveUp(deadlineExceeded(operation)), left);
  signal?.addEventListener("abort", aborted, { once: true });
  answer.then(resolve, reject).finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", aborted);
  });
  return promise;
}
