export type { App } from "./app.ts";
export { type ServerOptions, buildServer } from "./build-server.ts";
export {
  EVENT_STREAM,
  KEEP_ALIVE,
  eventText,
  sendEventStream,
  wantsEventStream,
} from "./event-stream.ts";
export { decodeCursor, encodeCursor } from "./cursor.ts";
export { FairTurns } from "./fair-turns.ts";
export { IdempotencyHeaders } from "./idempotency-headers.ts";
export { invalidArgument } from "./invalid-argument.ts";
export { type ListenOptions, type Listening, listen } from "./listen.ts";
export { type ListenInternallyOptions, listenInternally } from "./listen-internally.ts";
export { type KeysetPage, type Page, PageQuery, type PageRequest, readPage } from "./page.ts";
export { parseJson, type ParseJsonOptions } from "./parse-json.ts";
export { isResourceName, RESOURCE_NAME } from "./resource-name.ts";
export type { Quotas, Release } from "./quotas.ts";
export type { Principal, RenderedProblem, RouteConfig } from "./route-config.ts";
export { type Closable, runUntilSignal } from "./run-until-signal.ts";
export type { MetricValue } from "./selected-metrics.ts";
export { stringifyJson } from "./stringify-json.ts";
