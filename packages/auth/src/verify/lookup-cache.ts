import { LRUCache } from "lru-cache";
import { Limiter, type LimiterOptions } from "./limiter.ts";

export interface LookupCacheOptions<V> {
  /** Finds the value in the database; undefined = there is none. */
  readonly load: (key: string) => Promise<V | undefined>;
  /** No answer is older than this, counted from before its statement was sent. Milliseconds. */
  readonly ttlMs: number;
  /** Each entry lives between (1 − jitter) × ttlMs and ttlMs, so that they do not all expire at once. */
  readonly jitter: number;
  /** How long "there is none" is remembered. Milliseconds. */
  readonly missTtlMs: number;
  /** Bound of the values; and, apart from it, of the misses, so that invented keys cannot push out real ones. */
  readonly maxEntries: number;
  /** Look-ups of keys that had a value before. */
  readonly known: LimiterOptions;
  /** Look-ups of keys never seen: a flood of invented ones waits here, in nobody else's way. */
  readonly unknown: LimiterOptions;
  /** Called once for each `get` with what answered it. */
  readonly onOutcome?: (outcome: LookupOutcome) => void;
}

/** Answered from the cache, by a look-up already under way, or by one of its own. */
export type LookupOutcome = "hit" | "shared" | "loaded";

/** A stale entry is never served; it stays to tell a key that was known from one never seen. */
interface Entry<V> {
  readonly value: V;
  staleAt: number;
}

/**
 * A read-through cache of bounded size and age. Callers for the same key share one look-up, a failed
 * look-up is never remembered, and a value that has become stale is never served, whatever happens.
 */
export class LookupCache<V> {
  readonly #options: LookupCacheOptions<V>;
  readonly #values: LRUCache<string, Entry<V>>;
  readonly #misses: LRUCache<string, number>;
  readonly #pending = new Map<string, Promise<V | undefined>>();
  readonly #known: Limiter;
  readonly #unknown: Limiter;

  constructor(options: LookupCacheOptions<V>) {
    this.#options = options;
    this.#values = new LRUCache({ max: options.maxEntries });
    this.#misses = new LRUCache({ max: options.maxEntries });
    this.#known = new Limiter(options.known);
    this.#unknown = new Limiter(options.unknown);
  }

  /** Values and misses held; stale ones stay until they are replaced or pushed out. */
  get size(): number {
    return this.#values.size + this.#misses.size;
  }

  /** The value, or undefined when there is none; at once when it is known. Rejects with what `load` throws. */
  get(key: string): V | undefined | Promise<V | undefined> {
    const now = performance.now();
    const entry = this.#values.get(key);
    if (entry !== undefined && now < entry.staleAt) return this.#answer("hit", entry.value);
    if (now < (this.#misses.get(key) ?? 0)) return this.#answer("hit", undefined);
    const pending = this.#pending.get(key);
    if (pending !== undefined) return this.#answer("shared", pending);
    return this.#answer(
      "loaded",
      this.#start(key, entry === undefined ? this.#unknown : this.#known),
    );
  }

  /** Forgets a key. A look-up of it that is under way may have read the old state: its answer is not kept. */
  drop(key: string): void {
    const entry = this.#values.get(key);
    if (entry !== undefined) entry.staleAt = 0;
    this.#misses.delete(key);
    this.#pending.delete(key);
  }

  /** Forgets everything, look-ups under way included. */
  clear(): void {
    for (const entry of this.#values.values()) entry.staleAt = 0;
    this.#misses.clear();
    this.#pending.clear();
  }

  #answer<T>(outcome: LookupOutcome, value: T): T {
    this.#options.onOutcome?.(outcome);
    return value;
  }

  #start(key: string, limiter: Limiter): Promise<V | undefined> {
    const pending: Promise<V | undefined> = limiter
      .run(async () => {
        const startedAt = performance.now();
        const value = await this.#options.load(key);
        if (this.#pending.get(key) === pending) this.#remember(key, value, startedAt);
        return value;
      })
      .finally(() => {
        if (this.#pending.get(key) === pending) this.#pending.delete(key);
      });
    this.#pending.set(key, pending);
    return pending;
  }

  #remember(key: string, value: V | undefined, startedAt: number): void {
    const { ttlMs, jitter, missTtlMs } = this.#options;
    if (value === undefined) {
      this.#values.delete(key);
      this.#misses.set(key, startedAt + missTtlMs);
    } else {
      this.#misses.delete(key);
      this.#values.set(key, { value, staleAt: startedAt + ttlMs * (1 - jitter * Math.random()) });
    }
  }
}
