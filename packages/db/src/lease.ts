import { abortReason } from "./pool-errors.ts";
import type { Slot, StatementResult } from "./slot.ts";
import { spoilsConnection } from "./sqlstate.ts";

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
  /** The connection's state can't be trusted: close it instead of handing it on. */
  spoiled: boolean;
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
  async query(text: string, parameters: readonly unknown[], signal?: AbortSignal): Promise<StatementResult> {
    const record = this.#record;
    if (record.released) throw new Error(`The lease of ${record.operation} was released before this statement`);
    // After an abort the statement before may still be on its way out; `rollback` then follows it.
    while (record.slot.busy) await record.slot.settled();
    record.statement = text;
    try {
      return await run(record, text, parameters, signal);
    } catch (error) {
      record.spoiled ||= spoilsConnection(error);
      throw error;
    }
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
  signal: AbortSignal | undefined,
): Promise<StatementResult> {
  if (signal === undefined) return slot.query(text, parameters);
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
