/** What a span says of its work. Values of requests, keys and secrets have no place here. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Whose work a span tells of: of a caller's request, of a task from a queue, of a server asked, of this process. */
export type SpanKind = "server" | "consumer" | "client" | "internal";

export interface SpanOptions {
  /** @default "internal" */
  readonly kind?: SpanKind;
  readonly attributes?: SpanAttributes;
  /** Spans of other requests that this one serves, or waits for. */
  readonly links?: readonly TraceSpan[];
  /** `performance.now()` milliseconds. @default now */
  readonly startedAt?: number;
}

export interface SpanEnd {
  /** `performance.now()` milliseconds. @default now */
  readonly at?: number | undefined;
  /** What kind of error ended it: a code of which there are few. @default none: it went well */
  readonly error?: string | undefined;
}

/**
 * A span that is recorded. Work that is not traced has none: whoever would make a span looks first whether there is one
 * to make it under, and that is all that tracing costs while it is off.
 */
export interface TraceSpan {
  readonly traceId: string;
  readonly spanId: string;
  child(name: string, options?: SpanOptions): TraceSpan;
  set(attributes: SpanAttributes): void;
  link(other: TraceSpan): void;
  event(name: string): void;
  /** Only the first call counts. */
  end(end?: SpanEnd): void;
}

/** Starts the first span of this process in a trace. */
export interface Tracing {
  /**
   * Under the span that W3C `traceparent` of `headers` names, else in a new trace.
   * @returns undefined unless the sampler wants it
   */
  start(
    name: string,
    options: SpanOptions,
    headers?: Readonly<Record<string, string | string[] | undefined>>,
  ): TraceSpan | undefined;
  /** Sends what is left, for two seconds at most. Never rejects. Idempotent. */
  close(): Promise<void>;
}
