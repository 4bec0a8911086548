import { ROOT_CONTEXT, type Tracer, defaultTextMapGetter } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  type Resource,
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
  serviceNameEnvDetector,
} from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { CountedExporter } from "./counted-exporter.ts";
import { openExporter } from "./exporter.ts";
import type { TracingOptions } from "./open-tracing.ts";
import { RecordedSpan } from "./recorded-span.ts";
import { samplerOf } from "./sampler.ts";
import type { SpanOptions, TraceSpan, Tracing } from "./span.ts";
import { SpanCounters } from "./span-counters.ts";
import { SpanQueue } from "./span-queue.ts";

const CLOSE_LIMIT_MS = 2_000;

/** Tracing by OpenTelemetry's SDK. It is given to whoever starts spans and registers nothing globally. */
export class OtlpTracing implements Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #propagator = new W3CTraceContextPropagator();
  #closed: Promise<void> | undefined;

  constructor({ service, settings, registry, logger }: TracingOptions) {
    const counters = new SpanCounters(registry);
    const maxQueueSize = settings.OTEL_BSP_MAX_QUEUE_SIZE;
    const batches = new BatchSpanProcessor({
      exporter: new CountedExporter(openExporter(settings), counters, logger),
      maxQueueSize,
      maxExportBatchSize: Math.min(settings.OTEL_BSP_MAX_EXPORT_BATCH_SIZE, maxQueueSize),
      scheduledDelayMillis: settings.OTEL_BSP_SCHEDULE_DELAY,
      exportTimeoutMillis: settings.OTEL_BSP_EXPORT_TIMEOUT,
    });
    this.#provider = new TracerProvider({
      resource: resourceOf(service),
      sampler: samplerOf(settings),
      spanProcessors: [new SpanQueue(batches, maxQueueSize, counters)],
    });
    this.#tracer = this.#provider.getTracer("sluice");
    logger.info({ sampler: settings.OTEL_TRACES_SAMPLER }, "requests are traced");
  }

  start(
    name: string,
    options: SpanOptions,
    headers?: Readonly<Record<string, string | string[] | undefined>>,
  ): TraceSpan | undefined {
    const context =
      headers?.["traceparent"] === undefined
        ? ROOT_CONTEXT
        : this.#propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    return RecordedSpan.start(this.#tracer, context, name, options);
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, CLOSE_LIMIT_MS);
    // That the collector is away has been logged and counted by then.
    await Promise.race([this.#provider.shutdown().catch(() => undefined), late]);
    clearTimeout(timer);
  }
}

function resourceOf(service: string): Resource {
  const own = { "service.name": service, "service.namespace": "sluice" };
  const environment = detectResources({
    detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector],
  });
  return defaultResource()
    .merge(detectResources({ detectors: [serviceInstanceIdDetector] }))
    .merge(resourceFromAttributes(own))
    .merge(environment);
}
