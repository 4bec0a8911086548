import { type DestinationStream, type Level, type Logger, pino, stdTimeFunctions } from "pino";
import { currentContext } from "./context.ts";
import { scrub } from "./scrub.ts";

export type { Logger } from "pino";

/** Least severe level that is written. */
export type LogLevel = Level | "silent";

/** How a service logs. */
export interface LoggerOptions {
  /** Stands in every line. */
  readonly service: string;
  /** @default SLUICE_LOG_LEVEL, else "info" */
  readonly level?: LogLevel;
  /** Where lines go. @default standard output */
  readonly destination?: DestinationStream;
}

/**
 * A JSON logger. Lines carry `service` and, inside a request, `request_id`, with `trace_id` and
 * `span_id` when it is traced; secrets are removed from the finished line. `fatal` returns only after the line has been written.
 */
export function createLogger({ service, level, destination }: LoggerOptions): Logger {
  return pino(
    {
      level: level ?? process.env["SLUICE_LOG_LEVEL"] ?? "info",
      base: { service },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: contextMembers,
      hooks: { streamWrite: scrub },
    },
    destination ?? standardOutput(),
  );
}

function contextMembers(): object {
  const context = currentContext();
  if (context === undefined) return {};
  const { requestId, span } = context;
  if (span === undefined) return { request_id: requestId };
  return { request_id: requestId, trace_id: span.traceId, span_id: span.spanId };
}

// Lines leave in batches, a tenth of a second late at most.
const BATCH_BYTES = 8 * 1024;
const FLUSH_EVERY_MS = 100;

function standardOutput(): DestinationStream & { flushSync(): void } {
  // Synchronous: a write in a thread pool's hands would be lost when a fatal error ends the process.
  const output = pino.destination({ dest: 1, sync: true, minLength: BATCH_BYTES });
  const flushSync = (): void => output.flushSync();
  process.once("exit", flushSync);
  let due: NodeJS.Timeout | undefined;
  const flush = (): void => {
    due = undefined;
    output.flush();
  };
  return {
    // pino's own `periodicFlush` wakes a process, and writes nothing to its output, also while it says nothing.
    write(line) {
      output.write(line);
      due ??= setTimeout(flush, FLUSH_EVERY_MS).unref();
    },
    flushSync,
  };
}
