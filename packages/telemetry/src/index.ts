export { type AccessEntry, accessLog } from "./access-log.ts";
export { type RequestContext, currentContext, runInContext } from "./context.ts";
export { type LogLevel, type Logger, type LoggerOptions, createLogger } from "./logger.ts";
export { OutageLog } from "./outage-log.ts";
export { PeriodicTask, type PeriodicTaskOptions } from "./periodic-task.ts";
export { createRegistry } from "./registry.ts";
export { REDACTED, scrub } from "./scrub.ts";
