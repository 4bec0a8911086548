import { SluiceError } from "@sluice/errors";
import type { FastifyRequest } from "fastify";

/** The header in which a client says how long it will wait, in milliseconds. */
const TIMEOUT_HEADER = "x-request-timeout-ms";

/**
 * The shorter of the server's limit and what the client is ready to wait; undefined = no limit.
 * @throws SluiceError VALIDATION_FAILED when the header is not a positive integer
 */
export function requestTimeoutOf(
  { headers }: Pick<FastifyRequest, "headers">,
  limitMs: number | undefined,
): number | undefined {
  const given = headers[TIMEOUT_HEADER];
  if (given === undefined) return limitMs;
  if (typeof given !== "string" || !/^[1-9]\d{0,8}$/.test(given)) throw invalidTimeout();
  return Math.min(Number(given), limitMs ?? Number.POSITIVE_INFINITY);
}

function invalidTimeout(): SluiceError {
  const path = `header/${TIMEOUT_HEADER}`;
  const message = "must be a positive number of milliseconds without sign or fraction";
  return new SluiceError("VALIDATION_FAILED", `${path} ${message}.`, {
    extra: { errors: [{ path, message }] },
  });
}
