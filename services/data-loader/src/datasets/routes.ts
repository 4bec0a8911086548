import { type App, PageQuery, readPage } from "@sluice/http";
import type { DataLoader } from "../data-loader.ts";
import { sendAccepted } from "../operations/accepted.ts";
import { Accepted } from "../operations/schemas.ts";
import { getDataset, renderDataset } from "./dataset.ts";
import { type DatasetRow, listDatasets, markDatasetDeleted, upsertDataset } from "./queries.ts";
import {
  DatasetAnswer,
  DatasetPage,
  DatasetParams,
  ProjectParams,
  PutDatasetBody,
} from "./schemas.ts";

const PATH = "/v1/projects/:project/datasets";

/** Makes, reads, lists and deletes datasets. */
export function datasetRoutes(
  app: App,
  { sampleDb, importDb, operations, projectOf }: DataLoader,
): void {
  app.route({
    method: "PUT",
    url: `${PATH}/:dataset`,
    config: { scope: "data:write" },
    schema: {
      summary: "Make a dataset",
      description:
        "Or replace the description of one that exists. Its samples are in its versions.",
      tags: ["Datasets"],
      params: DatasetParams,
      body: PutDatasetBody,
      response: { 200: DatasetAnswer, 201: DatasetAnswer },
    },
    handler: async (request, reply) => {
      const { projectId } = await projectOf(request, request.params.project);
      const { description = null } = request.body;
      const { created, ...row } = await upsertDataset(importDb, projectId, {
        name: request.params.dataset,
        description,
      });
      return reply.code(created ? 201 : 200).send(renderDataset(row));
    },
  });

  app.route({
    method: "GET",
    url: `${PATH}/:dataset`,
    config: { scope: "data:read" },
    schema: {
      summary: "Read a dataset",
      tags: ["Datasets"],
      params: DatasetParams,
      response: { 200: DatasetAnswer },
    },
    handler: async (request) => {
      const { projectId } = await projectOf(request, request.params.project);
      return renderDataset(await getDataset(sampleDb, projectId, request.params.dataset));
    },
  });

  app.route({
    method: "GET",
    url: PATH,
    config: { scope: "data:read" },
    schema: {
      summary: "List datasets",
      description: "In order of name, a page at a time.",
      tags: ["Datasets"],
      params: ProjectParams,
      querystring: PageQuery,
      response: { 200: DatasetPage },
    },
    handler: async (request) => {
      const { projectId } = await projectOf(request, request.params.project);
      const page = await readPage(
        `datasets ${projectId}`,
        request.query,
        ({ name }: DatasetRow) => name,
        (keyset) => listDatasets(sampleDb, projectId, keyset),
      );
      return { ...page, items: page.items.map(renderDataset) };
    },
  });

  app.route({
    method: "DELETE",
    url: `${PATH}/:dataset`,
    config: { scope: "data:write" },
    schema: {
      summary: "Delete a dataset",
      description:
        "It is gone at once, with all its versions, and another one may have its name; the samples are deleted in the background.",
      tags: ["Datasets"],
      params: DatasetParams,
      response: { 202: Accepted },
    },
    handler: async (request, reply) => {
      const { project, dataset } = request.params;
      const { projectId } = await projectOf(request, project);
      const { dataset_id: datasetId } = await getDataset(importDb, projectId, dataset);
      // First the operation: a name is never free while nobody is bound to delete what it stood for.
      const row = await operations.start({ projectId, datasetId, kind: "delete", request: {} });
      await markDatasetDeleted(importDb, datasetId);
      return sendAccepted(reply, project, row);
    },
  });
}
