import type { FastifyReply } from "fastify";
import type { OperationRow } from "./queries.ts";
import { renderOperation } from "./render-operation.ts";

/** Answers with an operation that goes on, and where it is looked at. */
export function sendAccepted(
  reply: FastifyReply,
  project: string,
  operation: OperationRow,
): FastifyReply {
  const path = `/v1/projects/${project}/operations/${operation.operation_id}`;
  return reply.code(202).header("location", path).send(renderOperation(operation));
}
