import { SluiceError } from "@sluice/errors";

/** The gate could not open a connection at all: nothing was sent, so anything may be tried again. */
export class ConnectionFailed extends Error {
  override readonly name = "ConnectionFailed";
  readonly code = "CONNECT_FAILED";

  constructor(pool: string, cause: unknown) {
    super(`Pool ${pool} can't open a connection: ${(cause as Error).message}`, { cause });
  }
}

/** The connection broke between `commit` and its answer: only the database knows the outcome. */
export class CommitLost extends Error {
  override readonly name = "CommitLost";

  constructor(cause: unknown) {
    super("The connection broke while the transaction was being committed", { cause });
  }
}

/** The connection broke before `commit` was sent: the server has rolled back, so all of it may be done again. */
export class TransactionLost extends Error {
  override readonly name = "TransactionLost";

  constructor(cause: unknown) {
    super("The connection broke inside the transaction", { cause });
  }
}

/** Who waits for what, as the pool saw it when it refused. */
export interface PoolPressure {
  readonly pool: string;
  readonly size: number;
  readonly active: number;
  readonly waiting: number;
}

/** The queue in front of the pool is full: said at once, so that the client can go elsewhere. */
export function saturated(pressure: PoolPressure): SluiceError {
  return new SluiceError(
    "POOL_SATURATED",
    `${describe(pressure)}; its queue is full. Repeat the request later.`,
  );
}

/** No slot became free in time. */
export function poolTimeout(pressure: PoolPressure, waitedMs: number): SluiceError {
  const waited = Math.round(waitedMs);
  return new SluiceError(
    "POOL_TIMEOUT",
    `${describe(pressure)}; no slot became free within ${waited} ms. Repeat the request later.`,
    { extra: { pool: pressure.pool, waited_ms: waited } },
  );
}

function describe({ pool, size, active, waiting }: PoolPressure): string {
  return `Pool ${pool} has ${active} of ${size} slots in use and ${waiting} callers waiting`;
}

export function deadlineExceeded(operation: string, cause?: unknown): SluiceError {
  const detail = `The deadline passed before ${operation} was done. Repeat the request, or allow it more time.`;
  return new SluiceError("DEADLINE_EXCEEDED", detail, { cause });
}

export function databaseUnavailable(pool: string, cause?: unknown): SluiceError {
  const detail = `The database behind pool ${pool} does not answer. Repeat the request; nothing was changed by this one.`;
  return new SluiceError("DATABASE_UNAVAILABLE", detail, { cause, retryAfterSeconds: 1 });
}

/** A write whose connection broke after it was sent: it may or may not have been committed. */
export function outcomeUnknown(operation: string, cause: unknown): SluiceError {
  const detail = `The connection broke while ${operation} ran, so it may or may not have taken effect. Look before you repeat it.`;
  return new SluiceError("DATABASE_UNAVAILABLE", detail, { cause, retryAfterSeconds: 1 });
}

export function shuttingDown(pool: string): SluiceError {
  return new SluiceError(
    "SHUTTING_DOWN",
    `Pool ${pool} is closing. Repeat the request at another instance.`,
  );
}

/** Why a signal was aborted: its own reason when that is a coded error, else that the caller left. */
export function abortReason(signal: AbortSignal, operation: string): SluiceError {
  const reason: unknown = signal.reason;
  if (reason instanceof SluiceError) return reason;
  if (reason instanceof DOMException && reason.name === "TimeoutError")
    return deadlineExceeded(operation);
  return new SluiceError("CLIENT_CLOSED_REQUEST", `The caller left before ${operation} was done.`);
}
