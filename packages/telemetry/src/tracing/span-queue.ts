import { AsyncLocalStorage } from "node:async_hooks";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace";
import type { SpanCounters } from "./span-counters.ts";

/**
 * Counts what OpenTelemetry's batch processor drops in silence when spans come faster than they leave: it is never given
 * more than it would keep.
 */
export class SpanQueue implements SpanProcessor {
  readonly #batches: SpanProcessor;
  readonly #size: number;
  readonly #counters: SpanCounters;
  /** The timer of a batch belongs to nobody's request, though some request's span starts it. */
  readonly #detached = AsyncLocalStorage.snapshot();

  constructor(batches: SpanProcessor, size: number, counters: SpanCounters) {
    this.#batches = batches;
    this.#size = size;
    this.#counters = counters;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.#counters.waiting >= this.#size) return this.#counters.refused();
    this.#counters.queued();
    this.#detached(() => this.#batches.onEnd(span));
  }

  forceFlush(): Promise<void> {
    return this.#batches.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#batches.shutdown();
  }
}
