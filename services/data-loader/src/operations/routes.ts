import { SluiceError } from "@sluice/errors";
import { type App, sendEventStream, wantsEventStream } from "@sluice/http";
import type { DataLoader } from "../data-loader.ts";
import { drainSignal } from "../following/drain-signal.ts";
import { FollowHeaders, NothingFollows } from "../following/schemas.ts";
import { operationStream } from "./follow.ts";
import { findOperation, type OperationRow } from "./queries.ts";
import { renderOperation } from "./render-operation.ts";
import { OperationAnswer, OperationParams } from "./schemas.ts";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const DESCRIPTION = `How far the sealing, selection or deletion is, and what came of it.

With \`Accept: text/event-stream\` each change as it is seen: \`event: operation\`, \`data\` the operation. The stream ends after the event that has the end, and when the instance stops. Who comes back with the \`Last-Event-ID\` of the end gets 204, at which an EventSource stops reconnecting. A comment is sent at least every 16 seconds.`;

/** Reads and follows long-running operations. */
export function operationRoutes(app: App, { sampleDb, projectOf }: DataLoader): void {
  const draining = drainSignal(app);

  app.route({
    method: "GET",
    url: "/v1/projects/:project/operations/:operation",
    config: { scope: "data:read", timeoutMs: null },
    // HEAD would follow it.
    exposeHeadRoute: false,
    schema: {
      summary: "Read or follow an operation",
      description: DESCRIPTION,
      tags: ["Operations"],
      params: OperationParams,
      headers: FollowHeaders,
      response: { 200: OperationAnswer, 204: NothingFollows },
    },
    handler: async (request, reply) => {
      const { projectId } = await projectOf(request, request.params.project);
      const row = await getOperation(projectId, request.params.operation);
      reply.header("vary", "accept");
      if (!wantsEventStream(request)) return renderOperation(row);
      if (row.ended_at !== null && request.headers["last-event-id"] === row.updated_at)
        return reply.code(204).send(null);
      const either = AbortSignal.any([request.exchange.signal, draining]);
      return sendEventStream(reply, operationStream(sampleDb, row, either));
    },
  });

  async function getOperation(projectId: string, id: string): Promise<OperationRow> {
    const key = { project_id: projectId, operation_id: id };
    const row = UUID.test(id) ? await findOperation(sampleDb, key) : undefined;
    if (row !== undefined) return row;
    throw new SluiceError("OPERATION_NOT_FOUND", `The project has no operation "${id}".`);
  }
}
