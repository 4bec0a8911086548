import { SluiceError, toProblem, toSluiceError } from "@sluice/errors";
import type { FastifyReply, FastifyRequest } from "fastify";
import { renderProblemJson } from "./problem-json.ts";
import { REQUEST_ID_HEADER } from "./request-id.ts";

/** Answers a request with anything that was thrown; the one place where errors become HTTP. */
export function answerWithProblem(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  // What Node throws into the reading of a body when its sender goes away is no fault of the server.
  const error = toSluiceError(thrown === request.raw.errored ? clientGone(thrown) : thrown);
  logFault(error, request);
  const { traffic } = request.server;
  // Only a request that reached the router has an exchange; a bad URL does not.
  const render = request.exchange?.policy.renderProblem ?? renderProblemJson;
  const { contentType, body } = render(toProblem(error, request.id));
  request.exchange?.span?.set({ "sluice.error_code": error.code });
  if (error.status === 429 || error.status === 503) traffic.countShed(error.code);
  if (error.status === 401) reply.header("www-authenticate", 'Bearer realm="sluice"');
  if (error.retryAfterSeconds !== undefined) {
    reply.header("retry-after", String(Math.max(1, Math.ceil(error.retryAfterSeconds))));
  }
  reply
    .code(error.status)
    .header(REQUEST_ID_HEADER, request.id)
    .header("content-type", contentType)
    // As bytes: to a text Fastify would add a charset, which JSON has not.
    .send(Buffer.from(body));
}

function clientGone(cause: unknown): SluiceError {
  const detail = "The client closed the connection before its request had come.";
  return new SluiceError("CLIENT_CLOSED_REQUEST", detail, { cause });
}

/** Refusals that came of load are counted and stand in the access log; a line and a stack each would add to the load. */
function logFault(error: SluiceError, request: FastifyRequest): void {
  if (error.status < 500 || error.code === "POOL_SATURATED") return;
  const members = { request_id: request.id, code: error.code, err: error.cause ?? error };
  if (error.status === 500) request.log.error(members, error.message);
  else request.log.warn(members, error.message);
}
