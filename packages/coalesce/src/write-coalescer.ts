import { AsyncLocalStorage } from "node:async_hooks";
import { Caller, type CallOptions, latestDeadline } from "./caller.ts";
import { isolateFailures } from "./isolate.ts";
import type { BatchOptions } from "./read-coalescer.ts";

/** One key and the newest value that was submitted for it. */
export interface Write<K, V> {
  readonly key: K;
  readonly value: V;
}

export interface WriteCoalescerOptions<K, V> {
  readonly id: (key: K) => string;
  /** Order in which a batch names its keys, the same in every process: rows are then locked in one order. */
  readonly compare: (a: K, b: K) => number;
  /** `candidate` replaces `current`. @default always: the one submitted last is the newest */
  readonly isNewer?: (candidate: V, current: V) => boolean;
  /**
   * Writes a batch and commits it. Answers the ids of keys that it could not take now, because somebody else holds
   * their rows: they go with the next batch unless a newer value has replaced them.
   */
  readonly write: (
    writes: readonly Write<K, V>[],
    options: BatchOptions,
  ) => Promise<ReadonlySet<string>>;
  readonly maxBatch: number;
  /** The failure is nobody's own, so that writing the keys apart would not help. */
  readonly isShared: (error: unknown) => boolean;
  /** Told the number of keys of each statement. */
  readonly onBatch?: (size: number) => void;
  /** Pause before keys that were held elsewhere are tried again, milliseconds. @default 5 */
  readonly heldPauseMs?: number;
}

interface Pending<K, V> {
  readonly id: string;
  readonly key: K;
  value: V;
  readonly callers: Caller<void>[];
}

/**
 * Turns many writes into few: of each key only the newest value is written, one batch is in flight at a time, and
 * everybody is acknowledged after the commit that contains their value or a newer one. A write stays submitted when
 * its caller leaves: only the waiting ends.
 */
export class WriteCoalescer<K, V> {
  readonly #options: WriteCoalescerOptions<K, V>;
  readonly #detached = AsyncLocalStorage.snapshot();
  readonly #waiting = new Map<string, Pending<K, V>>();
  #busy = false;
  #idle: (() => void)[] = [];

  constructor(options: WriteCoalescerOptions<K, V>) {
    this.#options = options;
  }

  /** Keys that wait for a batch. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Resolves when the value, or a newer one of the same key, is committed.
   * @throws what the write threw for this key, or the reason of `signal`.
   */
  submit(key: K, value: V, options: CallOptions = {}): Promise<void> {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason as Error);
    const caller = new Caller<void>(options);
    this.#merge({ id: this.#options.id(key), key, value, callers: [caller] });
    this.#schedule();
    return caller.promise;
  }

  /** Resolves when nothing waits and nothing is in flight. */
  async drained(): Promise<void> {
    if (!this.#busy && this.#waiting.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.push(resolve);
    await promise;
  }

  #merge(next: Pending<K, V>): void {
    const current = this.#waiting.get(next.id);
    if (current === undefined) {
      this.#waiting.set(next.id, next);
      return;
    }
    const { isNewer = () => true } = this.#options;
    if (isNewer(next.value, current.value)) current.value = next.value;
    current.callers.push(...next.callers);
  }

  #schedule(pauseMs = 0): void {
    if (this.#busy) return;
    if (this.#waiting.size === 0) {
      for (const resolve of this.#idle.splice(0)) resolve();
      return;
    }
    this.#busy = true;
    const flush = (): void => void this.#detached(() => this.#flush());
    if (pauseMs > 0) setTimeout(flush, pauseMs);
    else setImmediate(flush);
  }

  async #flush(): Promise<void> {
    const batch = this.#take();
    let held = 0;
    await isolateFailures(
      batch,
      async (part) => {
        held += await this.#write(part);
      },
      this.#options.isShared,
      ({ callers }, error) => {
        for (const caller of callers) caller.reject(error);
      },
    );
    this.#busy = false;
    // When nothing but held rows is left, asking again at once would only burn statements.
    this.#schedule(held > 0 && held === this.#waiting.size ? (this.#options.heldPauseMs ?? 5) : 0);
  }

  #take(): Pending<K, V>[] {
    const batch: Pending<K, V>[] = [];
    for (const [id, pending] of this.#waiting) {
      if (batch.length === this.#options.maxBatch) break;
      this.#waiting.delete(id);
      batch.push(pending);
    }
    return batch.toSorted((a, b) => this.#options.compare(a.key, b.key));
  }

  /** @returns how many keys were held elsewhere and wait again. */
  async #write(batch: readonly Pending<K, V>[]): Promise<number> {
    this.#options.onBatch?.(batch.length);
    const callers = batch.flatMap((pending) => pending.callers);
    const held = await this.#options.write(batch, {
      signal: NEVER,
      deadline: latestDeadline(callers),
    });
    for (const pending of batch) {
      if (held.has(pending.id)) this.#putBack(pending);
      else for (const caller of pending.callers) caller.resolve();
    }
    return held.size;
  }

  /** What was submitted meanwhile came later: it stays unless `isNewer` says otherwise. */
  #putBack(older: Pending<K, V>): void {
    const newer = this.#waiting.get(older.id);
    this.#waiting.set(older.id, older);
    if (newer !== undefined) this.#merge(newer);
  }
}

/** A write that was accepted is carried out even when nobody waits for it any more. */
const NEVER = new AbortController().signal;
