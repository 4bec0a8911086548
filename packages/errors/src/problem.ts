import { ERRORS, type ErrorCode } from "./error-table.ts";
import { SluiceError } from "./sluice-error.ts";

/** Body of an error answer, RFC 9457. */
export interface Problem {
  /** Where the code is documented, relative to the service that answered. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly request_id: string;
  readonly [extra: string]: unknown;
}

const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_EMPTY_JSON_BODY: "INVALID_JSON",
  FST_ERR_CTP_INVALID_JSON_BODY: "INVALID_JSON",
  FST_ERR_VALIDATION: "VALIDATION_FAILED",
  FST_ERR_MAX_PARAM_LENGTH: "URI_TOO_LONG",
};

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: "INVALID_REQUEST",
  404: "NOT_FOUND",
  405: "METHOD_NOT_ALLOWED",
  406: "NOT_ACCEPTABLE",
  408: "REQUEST_TIMEOUT",
  413: "PAYLOAD_TOO_LARGE",
  414: "URI_TOO_LONG",
  415: "UNSUPPORTED_MEDIA_TYPE",
  431: "HEADERS_TOO_LARGE",
  503: "SHUTTING_DOWN",
};

/** Codes whose detail was written for operators, not for clients. */
const INTERNAL_CODES: ReadonlySet<ErrorCode> = new Set([
  "INTERNAL",
  "CONFIG_INVALID",
  "BUDGET_EXCEEDED",
]);

/**
 * Anything thrown, as the coded error that clients are told of. Fastify's own client errors keep
 * their meaning; whatever is not known becomes INTERNAL with the original as `cause`.
 */
export function toSluiceError(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const code = codeOfFastifyError(error);
  if (code !== undefined) return new SluiceError(code, (error as Error).message, { cause: error });
  return new SluiceError("INTERNAL", "An error that no code describes.", { cause: error });
}

/** The problem body of anything thrown. Internals of a fault never get into it. */
export function toProblem(error: unknown, requestId: string): Problem {
  const { code, status, title, message, extra } = toSluiceError(error);
  const common = { type: `/docs/errors#${code}`, title, status, code };
  if (INTERNAL_CODES.has(code)) {
    const detail = `The server failed. Its log has the cause under request id ${requestId}.`;
    return { ...common, detail, request_id: requestId };
  }
  return { ...extra, ...common, detail: message, request_id: requestId };
}

function codeOfFastifyError(error: unknown): ErrorCode | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("statusCode" in error)) return undefined;
  const { code, statusCode } = error;
  if (typeof code !== "string" || !code.startsWith("FST_")) return undefined;
  const mapped = FASTIFY_CODES[code] ?? CODE_OF_STATUS[statusCode as number];
  return mapped !== undefined && ERRORS[mapped].status < 500 ? mapped : undefined;
}
