/**
 * What an error of the database means for the pool, by SQLSTATE or by the code of the socket or driver.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */

/** The connection, or the database behind it, is gone. The statement may or may not have run. */
const GONE = new Set([
  "CONNECTION_CLOSED", // the driver's codes
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
  "ECONNREFUSED", // the socket's codes
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENOENT",
  "53300", // too_many_connections
  "57P01", // admin_shutdown: pg_terminate_backend, fast shutdown
  "57P02", // crash_shutdown: another backend crashed
  "57P03", // cannot_connect_now: starting up, shutting down
]);

/** The server rolled the statement back because of another transaction; trying again is what it asks for. */
const CONFLICT = new Set([
  "40001", // serialization_failure
  "40P01", // deadlock_detected
]);

/**
 * PgBouncer reports its own troubles as 08P01 with one of these texts, before it has given the statement to a
 * server. They are the one case where the text must be read: the code says "protocol violation" for all of them.
 */
const POOLER_REFUSAL =
  /server_login_retry|server login|cannot connect to server|connect failed|query_wait_timeout|no more connections|pgbouncer is|shut ?down|database .* is (paused|disabled)/i;

const CANCELLED = "57014"; // query_canceled: statement_timeout or a cancel request
const UNIQUE_VIOLATION = "23505";

/** The error's SQLSTATE or system code; "" when it has none. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

/** The connection or the database is gone: the slot must be discarded and the breaker told. */
export function isGone(error: unknown): boolean {
  const code = codeOf(error);
  return GONE.has(code) || code.startsWith("08");
}

/** The statement certainly did not run, whatever it was: repeating it cannot do it twice. */
export function neverRan(error: unknown): boolean {
  const code = codeOf(error);
  return CONFLICT.has(code) || (code === "08P01" && POOLER_REFUSAL.test((error as Error).message));
}

/** The server gave the statement up: its statement_timeout passed or somebody cancelled it. */
export function isCancelled(error: unknown): boolean {
  return codeOf(error) === CANCELLED;
}

/** A row with this key is there already; `constraint` narrows it to one named constraint. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (codeOf(error) !== UNIQUE_VIOLATION) return false;
  return (
    constraint === undefined ||
    (error as { constraint_name?: string }).constraint_name === constraint
  );
}

/**
 * Errors after which a connection's state can't be trusted: it is closed rather than handed on. An error without a
 * severity is not the server's: the driver gave up half-way (a value it can't send or read), and a statement sent
 * before the answer to that is complete reaches two servers through the pooler, or none.
 */
export function spoilsConnection(error: unknown): boolean {
  const severity = (error as { severity?: unknown } | null)?.severity;
  return severity !== "ERROR" || isGone(error);
}
