import type { Logger } from "@sluice/telemetry";
import { Lease, type LeaseRecord } from "./lease.ts";
import { LeakWatch } from "./leak-watch.ts";
import type { PoolMeter } from "./metrics.ts";
import {
  ConnectionFailed,
  abortReason,
  deadlineExceeded,
  poolTimeout,
  saturated,
  shuttingDown,
} from "./pool-errors.ts";
import type { Slot } from "./slot.ts";

/** What may be changed of a gate while it is open. */
export interface GateLimits {
  /** Slots that are kept open. */
  readonly base: number;
  /** Further slots that open while callers wait, and close again after `overflowIdleMs` without work. */
  readonly overflow: number;
  readonly maxWaiters: number;
  readonly acquireTimeoutMs: number;
}

/** The size and the time-outs of a gate; durations in milliseconds. */
export interface GateOptions extends GateLimits {
  /** Name of the workload, for messages and metrics. */
  readonly pool: string;
  readonly leakThresholdMs: number;
  readonly overflowIdleMs: number;
  /** A connection is replaced after this time, less up to a tenth, so that not all are replaced together. */
  readonly maxLifetimeMs: number;
  readonly openSlot: (onDeath: (slot: Slot) => void) => Promise<Slot>;
  readonly logger: Logger;
  readonly meter: PoolMeter;
}

/** One call for a slot. */
export interface AcquireOptions {
  readonly operation: string;
  readonly requestId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** `performance.now()` milliseconds; the acquire time-out applies when it is earlier. */
  readonly deadline?: number | undefined;
  /**
   * The holder can't forget the slot: it takes it for one statement and gives it back in the same function. Such
   * leases record neither a stack nor their own collection, which would cost more than the rest of the gate.
   */
  readonly autocommit?: boolean;
  /** Where the slot was asked for, when that is further up than the call of `acquire`. */
  readonly origin?: Error | undefined;
}

/** Slots by what they do, and how many callers wait for one. `size` is the most that may be open. */
export interface GateStatus {
  readonly size: number;
  readonly open: number;
  readonly active: number;
  readonly idle: number;
  readonly waiting: number;
}

interface Waiter {
  readonly options: AcquireOptions;
  readonly since: number;
  readonly admit: (slot: Slot) => void;
  readonly refuse: (error: Error) => void;
}

interface IdleSlot {
  readonly slot: Slot;
  readonly since: number;
}

const TEND_INTERVAL_MS = 500;
/** Pause after a failed connection attempt while other slots still serve. */
const REOPEN_PAUSE_MS = 100;

/**
 * The bounded, timed FIFO in front of a workload's slots.
 *
 * Invariants: a slot is in exactly one of `#idle` and `#leases`; nobody waits while a slot is idle; open and
 * opening slots never exceed base + overflow; a waiter is admitted or refused exactly once, in order of arrival,
 * at the latest when its deadline passes. All of it changes between two awaits, so no lock is needed.
 */
export class Gate {
  #options: GateOptions;
  readonly #retireAt = new Map<Slot, number>();
  readonly #idle: IdleSlot[] = [];
  readonly #leases = new Set<LeaseRecord>();
  readonly #waiters = new Set<Waiter>(); // in order of arrival, and any of them leaves in O(1)
  readonly #leakWatch: LeakWatch;
  readonly #tendTimer: NodeJS.Timeout;
  #opening = 0;
  #pausedUntil = 0;
  readonly #said = new Set<string>();
  #drained: (() => void) | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#leakWatch = new LeakWatch(options, (record) => this.#takeBack(record));
    this.#tendTimer = setInterval(() => this.#tend(), TEND_INTERVAL_MS).unref();
    options.meter.watch(() => this.status());
    this.#tend();
  }

  /**
   * A slot, as soon as those who came earlier have theirs.
   * @throws SluiceError POOL_SATURATED at once, POOL_TIMEOUT or DEADLINE_EXCEEDED when the time is over,
   * CLIENT_CLOSED_REQUEST when the signal aborts, SHUTTING_DOWN; ConnectionFailed when no slot can be opened.
   */
  acquire(options: AcquireOptions): Promise<Lease> {
    if (this.#stopping !== undefined) return Promise.reject(shuttingDown(this.#options.pool));
    if (options.signal?.aborted)
      return Promise.reject(abortReason(options.signal, options.operation));
    if (options.deadline !== undefined && options.deadline <= performance.now())
      return Promise.reject(deadlineExceeded(options.operation));
    const idle = this.#idle.pop(); // the one used last: the others may then idle out
    if (idle !== undefined)
      return Promise.resolve(this.#lease(idle.slot, options, originOf(options), 0));
    if (this.#waiters.size >= this.#options.maxWaiters && !this.#canGrow()) {
      this.#options.meter.saturated();
      return Promise.reject(saturated(this.#pressure()));
    }
    return this.#wait(options);
  }

  status(): GateStatus {
    const { base, overflow } = this.#options;
    return {
      size: base + overflow,
      open: this.#retireAt.size,
      active: this.#leases.size,
      idle: this.#idle.length,
      waiting: this.#waiters.size,
    };
  }

  get limits(): GateLimits {
    const { base, overflow, maxWaiters, acquireTimeoutMs } = this.#options;
    return { base, overflow, maxWaiters, acquireTimeoutMs };
  }

  /**
   * Holds for whoever comes from now on; those who wait keep their time-out. Slots too many close at once when they are
   * idle, and else as they come back.
   */
  adjust(limits: Partial<GateLimits>): void {
    this.#options = { ...this.#options, ...limits };
    const surplus = this.#idle.slice(0, Math.max(0, this.#surplus()));
    for (const { slot } of surplus) void slot.retire();
    this.#grow();
  }

  /**
   * Refuses who waits, lets leases end within `graceMs`, then closes every connection. Idempotent.
   */
  stop(graceMs: number): Promise<void> {
    return (this.#stopping ??= this.#stop(graceMs));
  }

  async #stop(graceMs: number): Promise<void> {
    clearInterval(this.#tendTimer);
    for (const waiter of this.#waiters) waiter.refuse(shuttingDown(this.#options.pool));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#drained = resolve;
    const timer = setTimeout(resolve, graceMs);
    if (this.#leases.size === 0) resolve();
    await promise;
    clearTimeout(timer);
    await Promise.all([...this.#retireAt.keys()].map((slot) => slot.retire()));
  }

  #wait(options: AcquireOptions): Promise<Lease> {
    const { promise, resolve, reject } = Promise.withResolvers<Lease>();
    const since = performance.now();
    const origin = originOf(options); // now: when a slot is free, the stack is that of its last holder
    const { acquireTimeoutMs } = this.#options;
    const left = options.deadline === undefined ? acquireTimeoutMs : options.deadline - since;
    const leave = (): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", aborted);
      this.#waiters.delete(waiter);
    };
    const waiter: Waiter = {
      options,
      since,
      admit: (slot) => (
        leave(),
        resolve(this.#lease(slot, options, origin, performance.now() - since))
      ),
      refuse: (error) => (leave(), reject(error)),
    };
    const aborted = (): void => waiter.refuse(abortReason(options.signal!, options.operation));
    const timer = setTimeout(() => this.#timeOut(waiter, left), Math.min(left, acquireTimeoutMs));
    options.signal?.addEventListener("abort", aborted, { once: true });
    this.#waiters.add(waiter);
    this.#grow();
    return promise;
  }

  #timeOut(waiter: Waiter, leftMs: number): void {
    const { acquireTimeoutMs } = this.#options;
    this.#options.meter.timedOut();
    this.#warn("no slot became free in time", () => ({ holders: this.#holders() }));
    if (leftMs < acquireTimeoutMs) waiter.refuse(deadlineExceeded(waiter.options.operation));
    else waiter.refuse(poolTimeout(this.#pressure(), performance.now() - waiter.since));
  }

  #lease(slot: Slot, options: AcquireOptions, origin: Error | undefined, waitedMs: number): Lease {
    const record: LeaseRecord = {
      slot,
      operation: options.operation,
      requestId: options.requestId,
      acquiredAt: performance.now(),
      origin,
      statement: undefined,
      inTransaction: false,
      abandoned: false,
      reported: false,
      released: false,
    };
    this.#leases.add(record);
    this.#options.meter.waited(waitedMs);
    const lease = new Lease(record, (returned) => this.#takeBack(returned));
    if (origin !== undefined) this.#leakWatch.hold(lease, record);
    return lease;
  }

  #takeBack(record: LeaseRecord): void {
    const { slot } = record;
    this.#leakWatch.release(record);
    // Still busy means that a statement is being cancelled: the slot is nobody's until the server lets go of it.
    if (slot.busy) void slot.settled().then(() => this.#reuse(record));
    else this.#reuse(record);
  }

  #reuse(record: LeaseRecord): void {
    const { slot } = record;
    this.#leases.delete(record);
    this.#options.meter.held(performance.now() - record.acquiredAt);
    if (record.abandoned || record.inTransaction || slot.spoiled) slot.close();
    else if (this.#isExpired(slot) || this.#surplus() > 0) void slot.retire();
    else if (slot.alive) this.#hand(slot);
    if (this.#leases.size === 0) this.#drained?.();
    this.#grow();
  }

  #hand(slot: Slot): void {
    const next = this.#waiters.values().next();
    if (next.done === true) this.#idle.push({ slot, since: performance.now() });
    else next.value.admit(slot);
  }

  #canGrow(): boolean {
    return this.#surplus() < 0;
  }

  /** Slots, open or opening, beyond the most there may be; negative while there is room. */
  #surplus(): number {
    const { base, overflow } = this.#options;
    return this.#retireAt.size + this.#opening - base - overflow;
  }

  /** Opens one slot for each waiter that none is being opened for. */
  #grow(): void {
    if (performance.now() < this.#pausedUntil || this.#stopping !== undefined) return;
    while (this.#opening < this.#waiters.size && this.#canGrow()) void this.#open();
  }

  async #open(): Promise<void> {
    this.#opening += 1;
    const since = performance.now();
    try {
      const slot = await this.#options.openSlot((dead) => this.#bury(dead));
      this.#opening -= 1;
      this.#adopt(slot);
    } catch (error) {
      this.#opening -= 1;
      this.#failedToOpen(error, since);
    }
  }

  #adopt(slot: Slot): void {
    if (this.#stopping !== undefined) return void slot.retire();
    if (!slot.alive) return;
    const { maxLifetimeMs } = this.#options;
    this.#retireAt.set(slot, performance.now() + maxLifetimeMs * (1 - Math.random() / 10));
    this.#hand(slot);
  }

  /**
   * With no slot left to hope for, waiting on is pointless: the callers hear it now and the breaker decides. While
   * other attempts go on that is said to those who waited for all of this one; a silent server would otherwise be
   * taken for a full pool, since there is always an attempt that has not failed yet.
   */
  #failedToOpen(cause: unknown, since: number): void {
    const error = new ConnectionFailed(this.#options.pool, cause);
    this.#warn("a connection could not be opened", () => ({ err: cause }));
    this.#pausedUntil =
      this.#retireAt.size + this.#opening === 0 ? 0 : performance.now() + REOPEN_PAUSE_MS;
    if (this.#retireAt.size > 0) return;
    for (const waiter of this.#waiters)
      if (this.#opening === 0 || waiter.since <= since) waiter.refuse(error);
  }

  #bury(slot: Slot): void {
    this.#retireAt.delete(slot);
    const index = this.#idle.findIndex((idle) => idle.slot === slot);
    if (index >= 0) this.#idle.splice(index, 1);
    this.#grow();
  }

  #isExpired(slot: Slot): boolean {
    return performance.now() >= (this.#retireAt.get(slot) ?? 0);
  }

  /** Every half second: leaks are reported, idle overflow and old connections close, the base is refilled. */
  #tend(): void {
    const { base, overflowIdleMs } = this.#options;
    this.#said.clear();
    this.#leakWatch.check(this.#leases);
    const idleSince = performance.now() - overflowIdleMs;
    const surplus = this.#retireAt.size - base;
    const spare = this.#idle
      .filter(({ since }) => since < idleSince)
      .slice(0, Math.max(0, surplus));
    const expired = this.#idle.filter(({ slot }) => this.#isExpired(slot));
    for (const { slot } of new Set([...spare, ...expired])) void slot.retire();
    this.#grow();
    while (this.#retireAt.size + this.#opening < base) void this.#open();
  }

  #pressure(): { pool: string; size: number; active: number; waiting: number } {
    return { pool: this.#options.pool, ...this.status() };
  }

  /** Once a tick for each message: a full queue times out thousands of callers together. */
  #warn(message: string, details: () => object): void {
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this.#options.logger.warn({ pool: this.#options.pool, ...details() }, message);
  }

  /** Who holds the slots, longest first. */
  #holders(): object[] {
    const now = performance.now();
    return [...this.#leases].map(({ operation, requestId, acquiredAt, statement }) => ({
      operation,
      request_id: requestId,
      held_ms: Math.round(now - acquiredAt),
      statement,
    }));
  }
}

function originOf({ autocommit, origin, operation }: AcquireOptions): Error | undefined {
  return autocommit === true ? undefined : (origin ?? new Error(`lease of ${operation}`));
}
