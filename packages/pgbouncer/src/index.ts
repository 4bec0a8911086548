export { renderPgbouncerIni } from "./ini.ts";
export type { PgbouncerTarget } from "./ini.ts";
export { renderUserlist } from "./userlist.ts";
export type { UserlistEntry } from "./userlist.ts";
export { isAtLeast, OLDEST_PGBOUNCER, parsePgbouncerVersion, pgbouncerVersion } from "./version.ts";
export type { PgbouncerVersion } from "./version.ts";
export { ConsoleTimeoutError, PgbouncerConsole } from "./console.ts";
export type { ConsoleOptions } from "./console.ts";
export type { ViewName, ViewRow } from "./views.ts";
