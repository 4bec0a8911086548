import { SluiceError } from "@sluice/errors";
import type { App } from "@sluice/http";
import type { DataLoader } from "../data-loader.ts";
import { findOperation, type OperationRow } from "./queries.ts";
import { OperationAnswer, OperationParams } from "./schemas.ts";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Where an operation is looked at. */
export function operationPath(project: string, { operation_id }: OperationRow): string {
  return `/v1/projects/${project}/operations/${operation_id}`;
}

/** Reads long-running operations. */
export function operationRoutes(app: App, { sampleDb, projectOf }: DataLoader): void {
  app.route({
    method: "GET",
    url: "/v1/projects/:project/operations/:operation",
    config: { scope: "data:read" },
    schema: {
      summary: "Read an operation",
      description: "How far the sealing or deletion of a version is, and what came of it.",
      tags: ["Operations"],
      params: OperationParams,
      response: { 200: OperationAnswer },
    },
    handler: async (request) => {
      const { projectId } = await projectOf(request, request.params.project);
      const { operation: id } = request.params;
      const row = UUID.test(id) ? await findOperation(sampleDb, projectId, id) : undefined;
      if (row !== undefined) return renderOperation(row);
      throw new SluiceError("OPERATION_NOT_FOUND", `The project has no operation "${id}".`);
    },
  });
}

function renderOperation({
  operation_id: id,
  project_id: _project,
  dataset_id: _dataset,
  request: _request,
  ...shown
}: OperationRow) {
  return { id, ...shown };
}
