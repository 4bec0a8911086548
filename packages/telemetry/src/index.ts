export { type RequestContext, currentContext, runInContext } from "./context.ts";
export { type LogLevel, type Logger, type LoggerOptions, createLogger } from "./logger.ts";
export { OutageLog } from "./outage-log.ts";
export { PeriodicTask, type PeriodicTaskOptions } from "./periodic-task.ts";
export { createRegistry } from "./registry.ts";
export { REDACTED, scrub } from "./scrub.ts";
export { openTracing, type TracingOptions } from "./tracing/open-tracing.ts";
export type { SpanAttributes, SpanEnd, SpanOptions, TraceSpan, Tracing } from "./tracing/span.ts";
export { TracingSettings } from "./tracing/tracing-settings.ts";
