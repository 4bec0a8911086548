import { AsyncLocalStorage } from "node:async_hooks";
import { inBatch, startBatch } from "./batch-span.ts";
import { Caller, type CallOptions, latestDeadline } from "./caller.ts";
import { isolateFailures } from "./isolate.ts";
import type { BatchOptions } from "./read-coalescer.ts";
import { splitAt } from "./split-at.ts";

/** One key and the newest value that was submitted for it. */
export interface Write<K, V> {
  readonly key: K;
  readonly value: V;
}

export interface WriteCoalescerOptions<K, V, R> {
  readonly id: (key: K) => string;
  /** What is to be written of two values of one key. @default the one submitted last */
  readonly merge?: (earlier: V, later: V) => V;
  /**
   * Writes a batch of distinct keys, commits it and answers what became of each, in their order. Processes that write
   * the same rows deadlock unless each locks them in one order: the statement has to see to it.
   */
  readonly write: (writes: readonly Write<K, V>[], options: BatchOptions) => Promise<readonly R[]>;
  readonly maxBatch: number;
  /** The failure is nobody's own, so that writing the keys apart would not help. */
  readonly isShared: (error: unknown) => boolean;
  /** Told the number of keys of each statement. */
  readonly onBatch?: (size: number) => void;
  /** Told when nothing waits and nothing is in flight, so that who keeps many coalescers can drop this one. */
  readonly onIdle?: () => void;
}

interface Pending<K, V, R> {
  readonly key: K;
  value: V;
  readonly callers: Caller<R>[];
}

/**
 * Turns many writes into few: of each key only the newest value is written, one batch is in flight at a time, and
 * everybody is answered after the commit that contains their value or a newer one. A write stays submitted when its
 * caller leaves: only the waiting ends.
 */
export class WriteCoalescer<K, V, R> {
  readonly #options: WriteCoalescerOptions<K, V, R>;
  /** A batch belongs to all of its callers, so it runs in none of their contexts. */
  readonly #detached = AsyncLocalStorage.snapshot();
  #waiting = new Map<string, Pending<K, V, R>>();
  #busy = false;

  constructor(options: WriteCoalescerOptions<K, V, R>) {
    this.#options = options;
  }

  /**
   * Resolves with what became of the key when the value, or a newer one, is committed.
   * @throws what the write threw for this key, or the reason of `signal`.
   */
  submit(key: K, value: V, options: CallOptions = {}): Promise<R> {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason as Error);
    const caller = new Caller<R>(options);
    const id = this.#options.id(key);
    const earlier = this.#waiting.get(id);
    if (earlier === undefined) this.#waiting.set(id, { key, value, callers: [caller] });
    else {
      const { merge } = this.#options;
      earlier.value = merge === undefined ? value : merge(earlier.value, value);
      earlier.callers.push(caller);
    }
    this.#schedule();
    return caller.promise;
  }

  #schedule(): void {
    if (this.#busy) return;
    this.#busy = true;
    // After the turn's sockets have been read: everything that has arrived by then goes together.
    setImmediate(() => void this.#detached(() => this.#flush()));
  }

  async #flush(): Promise<void> {
    await isolateFailures(
      this.#take(),
      (part) => this.#write(part),
      this.#options.isShared,
      ({ callers }, error) => {
        for (const caller of callers) caller.reject(error);
      },
    );
    this.#busy = false;
    if (this.#waiting.size > 0) this.#schedule();
    else this.#options.onIdle?.();
  }

  #take(): Pending<K, V, R>[] {
    const [batch, rest] = splitAt(this.#waiting, this.#options.maxBatch);
    this.#waiting = rest;
    return batch;
  }

  async #write(batch: readonly Pending<K, V, R>[]): Promise<void> {
    this.#options.onBatch?.(batch.length);
    const callers = batch.flatMap((pending) => pending.callers);
    const options = { signal: NEVER, deadline: latestDeadline(callers) };
    const traced = startBatch(callers, batch.length);
    const results = await (traced === undefined
      ? this.#options.write(batch, options)
      : inBatch(traced, () => this.#options.write(batch, options)));
    for (const [index, pending] of batch.entries()) {
      for (const caller of pending.callers) caller.resolve(results[index] as R);
    }
  }
}

/** A write that was accepted is carried out even when nobody waits for it any more. */
const NEVER = new AbortController().signal;
