import { ERRORS, type ErrorCode } from "./error-table.ts";

/** What a `SluiceError` may carry beside code and detail. */
export interface SluiceErrorOptions {
  /** The error behind this one: logged, never sent. */
  readonly cause?: unknown;
  /** Further members of the problem body, in snake_case. */
  readonly extra?: Record<string, unknown>;
  /** Overrides the `Retry-After` of the code; fractions are rounded up when sent. */
  readonly retryAfterSeconds?: number | undefined;
}

/** A failure with a stable code. `detail` says what happened, to what, and what to do next; it is shown to clients. */
export class SluiceError extends Error {
  override readonly name = "SluiceError";
  readonly code: ErrorCode;
  readonly status: number;
  readonly title: string;
  readonly extra: Record<string, unknown>;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, detail: string, options: SluiceErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    const definition = ERRORS[code];
    this.code = code;
    this.status = definition.status;
    this.title = definition.title;
    this.extra = options.extra ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds ?? definition.retryAfterSeconds;
  }
}
