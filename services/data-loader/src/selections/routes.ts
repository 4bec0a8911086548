import type { App } from "@sluice/http";
import type { DataLoader } from "../data-loader.ts";
import { getDataset } from "../datasets/dataset.ts";
import { waitFor } from "../operations/follow.ts";
import { errorOf } from "../operations/operation-runner.ts";
import { sendAccepted } from "../operations/accepted.ts";
import { Accepted } from "../operations/schemas.ts";
import { OPERATION_WAIT_MS } from "../versions/operation-routes.ts";
import { VersionAnswer, VersionParams } from "../versions/schemas.ts";
import { getSealed, getVersion, renderVersion } from "../versions/version.ts";
import { sampleFilter } from "./sample-filter.ts";
import { SelectBody } from "./schemas.ts";

/** Makes versions of some of a version's samples. */
export function selectionRoutes(app: App, api: DataLoader): void {
  const { importDb, operations, projectOf } = api;

  app.route({
    method: "POST",
    url: "/v1/projects/:project/datasets/:dataset/versions/:version/select",
    config: { scope: "data:write" },
    schema: {
      summary: "Select samples",
      description:
        "Makes a sealed version of those samples of a sealed one that fit every member of the filter, in their order. It holds them by reference: no sample is copied, and the version that it was made of may be deleted. The same selection gives the same version for as long as that is there. One that takes longer than ten seconds is answered with 202 and goes on; `result` of the operation then has the version.",
      tags: ["Versions"],
      params: VersionParams,
      body: SelectBody,
      response: { 200: VersionAnswer, 202: Accepted },
    },
    handler: async (request, reply) => {
      const { project, dataset, version: base } = request.params;
      const filter = sampleFilter(request.body);
      const { projectId } = await projectOf(request, project);
      const { dataset_id: datasetId } = await getDataset(importDb, projectId, dataset);
      const { version } = await getSealed(importDb, datasetId, base);
      const begun = await operations.start({
        projectId,
        datasetId,
        kind: "select",
        request: { version, filter },
      });
      const row = await waitFor(importDb, begun, OPERATION_WAIT_MS, request.exchange.signal);
      if (row.state === "failed") throw errorOf(row);
      if (row.state === "succeeded")
        return renderVersion(await getVersion(importDb, datasetId, Number(row.result!["version"])));
      return sendAccepted(reply, project, row);
    },
  });
}
