import { AsyncLocalStorage } from "node:async_hooks";
import { inBatch, startBatch } from "./batch-span.ts";
import { abortWhenAllLeft, Caller, type CallOptions, latestDeadline } from "./caller.ts";
import { isolateFailures } from "./isolate.ts";
import { splitAt } from "./split-at.ts";

/** How long a batch is wanted. */
export interface BatchOptions {
  /** Aborts when the last caller has left. */
  readonly signal: AbortSignal;
  /** The latest of the callers' deadlines, `performance.now()` milliseconds; undefined when one has none. */
  readonly deadline: number | undefined;
}

export interface ReadCoalescerOptions<K, V> {
  /** Equal ids mean equal keys, which are read once. */
  readonly id: (key: K) => string;
  /** Reads distinct keys; answers in their order. */
  readonly read: (keys: readonly K[], options: BatchOptions) => Promise<readonly V[]>;
  /** Most keys of one statement; the rest waits for the next. */
  readonly maxBatch: number;
  /** Statements at a time. @default 1: the longer they take, the more the next one gathers */
  readonly maxInFlight?: number;
  /** The failure is nobody's own, so that reading the keys apart would not help. */
  readonly isShared: (error: unknown) => boolean;
  /** Told the number of keys of each statement. */
  readonly onBatch?: (size: number) => void;
  /** Told when nothing waits and nothing is in flight, so that who keeps many coalescers can drop this one. */
  readonly onIdle?: () => void;
}

interface Entry<K, V> {
  readonly key: K;
  readonly callers: Set<Caller<V>>;
}

/**
 * Turns single reads that happen at about the same time into few reads of many keys. While a statement is in flight
 * the next keys gather; with none in flight a key is sent at once, so that an idle service adds no delay.
 *
 * A caller joins a statement that has not been sent yet, never one in flight: that one may have looked before a write
 * which the caller already knows to be done.
 */
export class ReadCoalescer<K, V> {
  readonly #options: ReadCoalescerOptions<K, V>;
  /** A batch belongs to all of its callers, so it runs in none of their contexts. */
  readonly #detached = AsyncLocalStorage.snapshot();
  #waiting = new Map<string, Entry<K, V>>();
  #inFlight = 0;
  #scheduled = false;

  constructor(options: ReadCoalescerOptions<K, V>) {
    this.#options = options;
  }

  /** Keys that wait for their statement. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Reads one key.
   * @throws what the statement threw for this key, or the reason of `signal`.
   */
  load(key: K, options: CallOptions = {}): Promise<V> {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason as Error);
    const id = this.#options.id(key);
    const entry = this.#waiting.get(id) ?? { key, callers: new Set() };
    const caller = new Caller<V>(options);
    caller.onLeave = () => {
      entry.callers.delete(caller);
      if (entry.callers.size === 0) this.#waiting.delete(id);
    };
    entry.callers.add(caller);
    this.#waiting.set(id, entry);
    this.#schedule();
    return caller.promise;
  }

  #schedule(): void {
    const { maxInFlight = 1 } = this.#options;
    if (this.#scheduled || this.#waiting.size === 0 || this.#inFlight >= maxInFlight) return;
    this.#scheduled = true;
    const send = (): void => {
      this.#scheduled = false;
      this.#detached(() => this.#send());
    };
    // An idle service sends at once what one piece of code asks for: the driver writes at the end of the turn, and would
    // write at the end of the next one. A busy one waits until the turn's sockets have been read.
    if (this.#inFlight === 0) queueMicrotask(send);
    else setImmediate(send);
  }

  #send(): void {
    const batch = this.#take();
    if (batch.length === 0) {
      if (this.#inFlight === 0) this.#options.onIdle?.();
      return;
    }
    this.#inFlight += 1;
    void this.#read(batch).finally(() => {
      this.#inFlight -= 1;
      this.#schedule();
      if (this.#inFlight === 0 && this.#waiting.size === 0) this.#options.onIdle?.();
    });
    this.#schedule();
  }

  #take(): Entry<K, V>[] {
    const [batch, rest] = splitAt(this.#waiting, this.#options.maxBatch);
    this.#waiting = rest;
    return batch;
  }

  #read(batch: readonly Entry<K, V>[]): Promise<void> {
    return isolateFailures(
      batch,
      (entries) => this.#readTogether(entries),
      this.#options.isShared,
      ({ callers }, error) => {
        for (const caller of callers) caller.reject(error);
      },
    );
  }

  async #readTogether(entries: readonly Entry<K, V>[]): Promise<void> {
    this.#options.onBatch?.(entries.length);
    const callers = entries.flatMap((entry) => [...entry.callers]);
    const keys = entries.map(({ key }) => key);
    const options = { signal: abortWhenAllLeft(callers), deadline: latestDeadline(callers) };
    const traced = startBatch(callers, keys.length);
    const values = await (traced === undefined
      ? this.#options.read(keys, options)
      : inBatch(traced, () => this.#options.read(keys, options)));
    for (const [index, entry] of entries.entries()) {
      for (const caller of entry.callers) caller.resolve(values[index] as V);
    }
  }
}
