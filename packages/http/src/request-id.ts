import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** The header in which a request id comes in and goes out. */
export const REQUEST_ID_HEADER = "x-request-id";

// Anything else could forge log lines or headers further on.
const SANE = /^[A-Za-z0-9._:-]{1,128}$/;

/** The client's request id when it is sane, else a new one. */
export function requestIdOf(request: Pick<IncomingMessage, "headers">): string {
  const given = request.headers[REQUEST_ID_HEADER];
  return typeof given === "string" && SANE.test(given) ? given : randomUUID();
}
