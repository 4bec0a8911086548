import { type App, PageQuery, readPage, IdempotencyHeaders } from "@sluice/http";
import type { DataLoader } from "../data-loader.ts";
import { getDataset } from "../datasets/dataset.ts";
import { DatasetParams } from "../datasets/schemas.ts";
import { listVersions, type VersionRow } from "./queries.ts";
import { BeginVersionBody, VersionAnswer, VersionPage, VersionParams } from "./schemas.ts";
import { beginVersion, getVersion, renderVersion } from "./version.ts";

const PATH = "/v1/projects/:project/datasets/:dataset/versions";

/** Begins, reads and lists the versions of a dataset. */
export function versionRoutes(app: App, { sampleDb, importDb, projectOf }: DataLoader): void {
  app.route({
    method: "POST",
    url: PATH,
    config: { scope: "data:write" },
    schema: {
      summary: "Begin a version",
      description: "A draft: samples are uploaded to it in parts, and then it is sealed.",
      tags: ["Versions"],
      params: DatasetParams,
      headers: IdempotencyHeaders,
      body: BeginVersionBody,
      response: { 201: VersionAnswer },
    },
    handler: async (request, reply) => {
      const { projectId } = await projectOf(request, request.params.project);
      const { dataset_id } = await getDataset(importDb, projectId, request.params.dataset);
      const { base_version = null } = request.body;
      const key = request.headers["idempotency-key"] ?? null;
      const version = await beginVersion(importDb, dataset_id, base_version, key);
      return reply.code(201).send(renderVersion(version));
    },
  });

  app.route({
    method: "GET",
    url: `${PATH}/:version`,
    config: { scope: "data:read" },
    schema: {
      summary: "Read a version",
      tags: ["Versions"],
      params: VersionParams,
      response: { 200: VersionAnswer },
    },
    handler: async (request) => {
      const { projectId } = await projectOf(request, request.params.project);
      const { dataset_id } = await getDataset(sampleDb, projectId, request.params.dataset);
      return renderVersion(await getVersion(sampleDb, dataset_id, request.params.version));
    },
  });

  app.route({
    method: "GET",
    url: PATH,
    config: { scope: "data:read" },
    schema: {
      summary: "List versions",
      description: "From the first to the last, a page at a time.",
      tags: ["Versions"],
      params: DatasetParams,
      querystring: PageQuery,
      response: { 200: VersionPage },
    },
    handler: async (request) => {
      const { projectId } = await projectOf(request, request.params.project);
      const { dataset_id } = await getDataset(sampleDb, projectId, request.params.dataset);
      const page = await readPage(
        `versions ${dataset_id}`,
        request.query,
        ({ version }: VersionRow) => String(version),
        (keyset) => listVersions(sampleDb, dataset_id, keyset),
      );
      return { ...page, items: page.items.map(renderVersion) };
    },
  });
}
