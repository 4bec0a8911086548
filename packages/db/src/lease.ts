import { abortReason } from "./pool-errors.ts";
import type { Slot, StatementResult } from "./slot.ts";

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

  constructor(record: LeaseRecord, giveBack: (record: LeaseRecord) => void) {
    this.#record = record;
    this.#giveBack = giveBack;
  }

  /** The connection is still there. */
  get alive(): boolean {
    return this.#record.slot.alive;
  }

  /**
   * Runs one statement. When `signal` aborts, the caller is told at once and the statement is cancelled on the
   * server; the slot stays with this lease until the server has let go of it.
   * @throws PostgresError, the connection's error, or the signal's reason.
   */
  query(
    text: string,
    parameters: readonly unknown[],
    signal?: AbortSignal,
  ): Promise<StatementResult> {
    const { slot, released, operation } = this.#record;
    if (released)
      return Promise.reject(
        new Error(`The lease of ${operation} was released before this statement`),
      );
    if (slot.busy) return this.#queryNext(text, parameters, signal);
    this.#record.statement = text;
    return signal === undefined
      ? slot.query(text, parameters)
      : run(this.#record, text, parameters, signal);
  }

  /** After an abort the statement before may still be on its way out; `rollback` then follows it. */
  async #queryNext(
    text: string,
    parameters: readonly unknown[],
    signal?: AbortSignal,
  ): Promise<StatementResult> {
    while (this.#record.slot.busy) await this.#record.slot.settled();
    return this.query(text, parameters, signal);
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
  signal: AbortSignal,
): Promise<StatementResult> {
  if (signal.aborted) return Promise.reject(abortReason(signal, operation));
  const { promise, resolve, reject } = Promise.withResolvers<StatementResult>();
  const abort = (): void => {
    reject(abortReason(signal, operation));
    void slot.cancel();
  };
  signal.addEventListener("abort", abort, { once: true });
  slot
    .query(text, parameters)
    .then(resolve, reject)
    .finally(() => signal.removeEventListener("abort", abort));
  return promise;
}
