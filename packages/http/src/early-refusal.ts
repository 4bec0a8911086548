import { type SluiceError, toProblem } from "@sluice/errors";
import type { FastifyReply } from "fastify";
import { REQUEST_ID_HEADER } from "./request-id.ts";
import type { RoutePolicy } from "./route-policy.ts";

/**
 * Refuses a request at its head, past Fastify: no hooks, no line in the log. During overload this is most of what a
 * server sends, and all that it spends on it is taken from the requests that it could answer. The connection stays: Node
 * reads what comes of the body and throws it away.
 * @param waitSeconds At least so long the client is told to stay away.
 */
export function refuseEarly(
  reply: FastifyReply,
  { renderProblem }: RoutePolicy,
  error: SluiceError,
  waitSeconds: number,
): void {
  const { id } = reply.request;
  const { contentType, body } = renderProblem(toProblem(error, id));
  reply.hijack();
  reply.raw.writeHead(error.status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    "retry-after": String(Math.max(waitSeconds, Math.ceil(error.retryAfterSeconds ?? 0))),
    [REQUEST_ID_HEADER]: id,
  });
  reply.raw.end(body);
}
