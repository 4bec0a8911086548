import type { App } from "@sluice/http";
import type { DataLoader } from "../data-loader.ts";
import { getDataset } from "../datasets/dataset.ts";
import { waitFor } from "../operations/follow.ts";
import { errorOf } from "../operations/operation-runner.ts";
import { sendAccepted } from "../operations/accepted.ts";
import { Accepted } from "../operations/schemas.ts";
import { markDeleting } from "./delete-queries.ts";
import { VersionAnswer, VersionParams } from "./schemas.ts";
import { getVersion, renderVersion, requireNotDeleted } from "./version.ts";

const PATH = "/v1/projects/:project/datasets/:dataset/versions/:version";

/** What takes longer is answered before its end. */
export const OPERATION_WAIT_MS = 10_000;

/** Seals and deletes versions. */
export function versionOperationRoutes(app: App, api: DataLoader): void {
  const { importDb, operations, projectOf } = api;

  app.route({
    method: "POST",
    url: `${PATH}/seal`,
    config: { scope: "data:write" },
    schema: {
      summary: "Seal a version",
      description:
        "Gives its samples dense ordinals and fixes its content for ever. One that takes longer than ten seconds is answered with 202 and goes on. Sealing it again changes nothing.",
      tags: ["Versions"],
      params: VersionParams,
      response: { 200: VersionAnswer, 202: Accepted },
    },
    handler: async (request, reply) => {
      const { project, dataset, version } = request.params;
      const { projectId } = await projectOf(request, project);
      const { dataset_id: datasetId } = await getDataset(importDb, projectId, dataset);
      const found = await getVersion(importDb, datasetId, version);
      requireNotDeleted(found);
      if (found.state === "sealed") return renderVersion(found);
      const begun = await operations.start({
        projectId,
        datasetId,
        kind: "seal",
        request: { version },
      });
      const row = await waitFor(importDb, begun, OPERATION_WAIT_MS, request.exchange.signal);
      if (row.state === "failed") throw errorOf(row);
      if (row.state === "succeeded")
        return renderVersion(await getVersion(importDb, datasetId, version));
      return sendAccepted(reply, project, row);
    },
  });

  app.route({
    method: "DELETE",
    url: PATH,
    config: { scope: "data:write" },
    schema: {
      summary: "Delete a version",
      description:
        "It is gone at once for all readers; samples that no other version has are deleted in the background. Its number is not used again.",
      tags: ["Versions"],
      params: VersionParams,
      response: { 202: Accepted },
    },
    handler: async (request, reply) => {
      const { project, dataset, version } = request.params;
      const { projectId } = await projectOf(request, project);
      const { dataset_id: datasetId } = await getDataset(importDb, projectId, dataset);
      await getVersion(importDb, datasetId, version);
      await markDeleting(importDb, datasetId, version);
      const row = await operations.start({
        projectId,
        datasetId,
        kind: "delete",
        request: { version },
      });
      return sendAccepted(reply, project, row);
    },
  });
}
