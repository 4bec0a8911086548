import { Counter, type Registry } from "prom-client";

/** What becomes of spans. */
export class SpanCounters {
  readonly #exported: Counter;
  readonly #dropped: Counter<"reason">;
  #waiting = 0;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#exported = new Counter({
      name: "trace_spans_exported_total",
      help: "Spans that the collector took",
      registers,
    });
    this.#dropped = new Counter({
      name: "trace_spans_dropped_total",
      help: "Spans that did not reach the collector, by reason",
      labelNames: ["reason"],
      registers,
    });
    for (const reason of ["queue_full", "export_failed"] as const) this.#dropped.inc({ reason }, 0);
  }

  /** Spans that have ended and have neither been delivered nor dropped. */
  get waiting(): number {
    return this.#waiting;
  }

  queued(): void {
    this.#waiting += 1;
  }

  /** A span that nobody has queued. */
  refused(): void {
    this.#dropped.inc({ reason: "queue_full" });
  }

  delivered(spans: number): void {
    this.#waiting -= spans;
    this.#exported.inc(spans);
  }

  lost(spans: number): void {
    this.#waiting -= spans;
    this.#dropped.inc({ reason: "export_failed" }, spans);
  }
}
