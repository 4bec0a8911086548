import { ExportResultCode, type ExportResult } from "@opentelemetry/core";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { Logger } from "../logger.ts";
import { OutageLog } from "../outage-log.ts";
import type { SpanCounters } from "./span-counters.ts";

/** Counts what an exporter delivers, and says once that it cannot and once that it can again. */
export class CountedExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #counters: SpanCounters;
  readonly #outage: OutageLog;

  constructor(exporter: SpanExporter, counters: SpanCounters, logger: Logger) {
    this.#exporter = exporter;
    this.#counters = counters;
    this.#outage = new OutageLog(logger, "the collector takes no spans: they are dropped");
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#exporter.export(spans, (result) => {
      if (result.code === ExportResultCode.SUCCESS) {
        this.#counters.delivered(spans.length);
        this.#outage.succeeded();
      } else {
        this.#counters.lost(spans.length);
        this.#outage.failed(result.error);
      }
      done(result);
    });
  }

  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush?.() ?? Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }
}
