import { type Logger, type DestinationStream, symbols } from "pino";
import { scrub } from "./scrub.ts";

/** What is told of a request that has ended. */
export interface AccessEntry {
  readonly request_id: string;
  /** undefined unless it is traced */
  readonly trace_id: string | undefined;
  readonly span_id: string | undefined;
  readonly method: string;
  /** The path as it was registered. */
  readonly route: string;
  readonly status: number;
  readonly duration_ms: number;
  /** Sent as the answer, head included. */
  readonly bytes: number;
}

/**
 * Writes a line for each request, alike to the logger's own `info` lines and to the same destination. There is one for
 * each look-up, and of the logger's 6 µs for it two thirds go to what only other lines need.
 */
export function accessLog(logger: Logger): (entry: AccessEntry) => void {
  const destination = (logger as unknown as Record<symbol, DestinationStream>)[symbols.streamSym];
  const bindings = logger.bindings();
  return (entry) => {
    if (!logger.isLevelEnabled("info")) return;
    const line = { level: "info", time: isoTime(), ...bindings, ...entry, msg: "request" };
    destination?.write(scrub(`${JSON.stringify(line)}\n`));
  };
}

let now = 0;
let text = "";

/** Many requests end in the same millisecond. */
function isoTime(): string {
  const current = Date.now();
  if (current !== now) [now, text] = [current, new Date(current).toISOString()];
  return text;
}
