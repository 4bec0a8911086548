import { SluiceError, toProblem } from "@sluice/errors";
import type { FastifyReply } from "fastify";
import { REQUEST_ID_HEADER } from "./request-id.ts";
import type { RoutePolicy } from "./route-policy.ts";

/** Stands for the request's id in an answer that is rendered once; ids need no escaping, however deep in JSON. */
const ID = "REQUEST-ID";

/**
 * 503 POOL_SATURATED, rendered once for each way to write problems. During overload this is most of what a server
 * sends, and all that it spends on it is taken from the requests that it could answer: no error, no hooks, no line in
 * the log. The connection stays: Node reads what comes of the body and throws it away.
 */
export class AdmissionRefusal {
  readonly #contentType: string;
  /** The body, cut where the id stands. */
  readonly #parts: readonly string[];

  constructor(renderProblem: RoutePolicy["renderProblem"]) {
    const detail = "More requests are in hand than can be answered soon. Repeat the request later.";
    const problem = toProblem(new SluiceError("POOL_SATURATED", detail), ID);
    const { contentType, body } = renderProblem(problem);
    this.#contentType = contentType;
    this.#parts = body.split(ID);
  }

  /** Answers past Fastify. @param waitMs Time after which there may be a place. */
  send(reply: FastifyReply, requestId: string, waitMs: number): void {
    const body = this.#parts.join(requestId);
    reply.hijack();
    reply.raw.writeHead(
      503,
      [
        ["content-type", this.#contentType],
        ["content-length", String(Buffer.byteLength(body))],
        ["retry-after", String(Math.max(1, Math.ceil(waitMs / 1_000)))],
        [REQUEST_ID_HEADER, requestId],
      ].flat(),
    );
    reply.raw.end(body);
  }
}
