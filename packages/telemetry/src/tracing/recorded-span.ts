import {
  type Context,
  type HrTime,
  type Link,
  SpanKind as ApiKind,
  SpanStatusCode,
  type Span,
  type SpanOptions as ApiOptions,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { SpanAttributes, SpanEnd, SpanKind, SpanOptions, TraceSpan } from "./span.ts";

const KINDS: Readonly<Record<SpanKind, ApiKind>> = {
  server: ApiKind.SERVER,
  consumer: ApiKind.CONSUMER,
  client: ApiKind.CLIENT,
  internal: ApiKind.INTERNAL,
};

/** A span of OpenTelemetry's SDK. */
export class RecordedSpan implements TraceSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly #tracer: Tracer;
  readonly #context: Context;
  readonly #span: Span;
  /**
   * From `performance.now()` to the wall clock. One for the whole trace: the wall clock tells whole milliseconds, and
   * spans that each asked it would begin before their parents.
   */
  readonly #epochMs: number;
  #hasEnded = false;

  private constructor(tracer: Tracer, context: Context, span: Span, epochMs: number) {
    const { traceId, spanId } = span.spanContext();
    this.traceId = traceId;
    this.spanId = spanId;
    this.#tracer = tracer;
    this.#context = context;
    this.#span = span;
    this.#epochMs = epochMs;
  }

  /** @returns undefined unless the sampler wants it */
  static start(
    tracer: Tracer,
    context: Context,
    name: string,
    options: SpanOptions,
  ): RecordedSpan | undefined {
    const epochMs = Date.now() - performance.now();
    const span = tracer.startSpan(name, apiOptions(options, epochMs), context);
    if (!span.isRecording()) return undefined;
    return new RecordedSpan(tracer, trace.setSpan(context, span), span, epochMs);
  }

  child(name: string, options: SpanOptions = {}): TraceSpan {
    const span = this.#tracer.startSpan(name, apiOptions(options, this.#epochMs), this.#context);
    return new RecordedSpan(this.#tracer, trace.setSpan(this.#context, span), span, this.#epochMs);
  }

  set(attributes: SpanAttributes): void {
    for (const [name, value] of Object.entries(attributes))
      if (value !== undefined) this.#span.setAttribute(name, value);
  }

  link(other: TraceSpan): void {
    this.#span.addLink(linkTo(other));
  }

  event(name: string): void {
    this.#span.addEvent(name, timeOf(this.#epochMs + performance.now()));
  }

  end({ at = performance.now(), error }: SpanEnd = {}): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    if (error !== undefined) {
      this.#span.setAttribute("error.type", error);
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end(timeOf(this.#epochMs + at));
  }
}

function apiOptions(
  { kind = "internal", attributes = {}, links = [], startedAt = performance.now() }: SpanOptions,
  epochMs: number,
): ApiOptions {
  return {
    kind: KINDS[kind],
    attributes,
    links: links.map(linkTo),
    startTime: timeOf(epochMs + startedAt),
  };
}

function timeOf(epochMs: number): HrTime {
  const seconds = Math.floor(epochMs / 1_000);
  return [seconds, Math.round((epochMs - seconds * 1_000) * 1e6)];
}

function linkTo({ traceId, spanId }: TraceSpan): Link {
  return { context: { traceId, spanId, traceFlags: TraceFlags.SAMPLED } };
}
