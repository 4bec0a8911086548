import type { Logger } from "@sluice/telemetry";
import type { Lease, LeaseRecord } from "./lease.ts";
import type { PoolMeter } from "./metrics.ts";

interface LeakWatchOptions {
  readonly pool: string;
  readonly leakThresholdMs: number;
  readonly logger: Logger;
  readonly meter: PoolMeter;
}

/**
 * Finds leases that are held too long, and leases that were forgotten. The first are reported once each; the second,
 * whose holder was garbage-collected without releasing, are reported and reclaimed.
 */
export class LeakWatch {
  readonly #options: LeakWatchOptions;
  readonly #forgotten: FinalizationRegistry<LeaseRecord>;

  constructor(options: LeakWatchOptions, reclaim: (record: LeaseRecord) => void) {
    this.#options = options;
    this.#forgotten = new FinalizationRegistry((record) => {
      if (record.released) return;
      record.released = true;
      record.abandoned = true;
      this.#report(record, "a lease was dropped without being released; its connection is closed");
      reclaim(record);
    });
  }

  hold(lease: Lease, record: LeaseRecord): void {
    this.#forgotten.register(lease, record, record);
  }

  release(record: LeaseRecord): void {
    if (record.origin !== undefined) this.#forgotten.unregister(record);
  }

  /** Reports every lease that has been held over the threshold, once. */
  check(leases: Iterable<LeaseRecord>): void {
    const since = performance.now() - this.#options.leakThresholdMs;
    for (const record of leases) {
      if (record.acquiredAt < since) this.#report(record, "a lease is held over its threshold");
    }
  }

  #report(record: LeaseRecord, message: string): void {
    if (record.reported) return;
    record.reported = true;
    const { pool, logger, meter } = this.#options;
    meter.leaked();
    logger.warn(
      {
        pool,
        operation: record.operation,
        request_id: record.requestId,
        statement: record.statement,
        in_transaction: record.inTransaction,
        held_ms: Math.round(performance.now() - record.acquiredAt),
        lease_stack: record.origin?.stack,
      },
      message,
    );
  }
}
