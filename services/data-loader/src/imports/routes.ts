import type { Readable } from "node:stream";
import { type App, PageQuery, readPage } from "@sluice/http";
import { instantOf } from "@sluice/values";
import type { DataLoader } from "../data-loader.ts";
import { getDataset } from "../datasets/dataset.ts";
import { VersionParams } from "../versions/schemas.ts";
import { getVersion } from "../versions/version.ts";
import { MEDIA_TYPES, mediaTypeOf } from "./media.ts";
import { importPart, removePart } from "./part.ts";
import { partStatusRoute } from "./part-status-route.ts";
import { listParts, type PartRow } from "./queries.ts";
import { parseRename } from "./rename.ts";
import { renderPart } from "./render-part.ts";
import { PartAnswer, PartPage, PartParams, UploadQuery } from "./schemas.ts";
import { UploadBody } from "./upload-body.ts";
import { Uploads } from "./uploads.ts";

const VERSION_PATH = "/v1/projects/:project/datasets/:dataset/versions/:version";

const UPLOAD_DESCRIPTION = `The body is ${MEDIA_TYPES.join(", ")}, of any size, also with Content-Encoding gzip or zstd. \
Columns are \`sample_id\`, \`feature_hash\`, \`label\`, \`uri\`, \`created_at\` and \`attributes\`; all others go into the \
attributes. All rows are stored, or none: bad rows are named by line and column. Uploading the same bytes as the same \
part again, to be read alike, is answered alike. Meanwhile \`GET …/parts/{part}\` tells how far the upload is.`;

/** Uploads, lists and deletes the parts of a draft. */
export function partRoutes(app: App, api: DataLoader): void {
  // In a scope of its own: here bodies are streams, which only these routes read.
  app.register((scope, _options, done) => {
    uploadRoute(scope, api);
    done();
  });

  app.route({
    method: "GET",
    url: `${VERSION_PATH}/parts`,
    config: { scope: "data:read" },
    schema: {
      summary: "List parts",
      description: "What was uploaded to a version, in order of the ids, a page at a time.",
      tags: ["Versions"],
      params: VersionParams,
      querystring: PageQuery,
      response: { 200: PartPage },
    },
    handler: async (request) => {
      const { sampleDb, projectOf } = api;
      const { dataset, version } = request.params;
      const { projectId } = await projectOf(request, request.params.project);
      const { dataset_id } = await getDataset(sampleDb, projectId, dataset);
      await getVersion(sampleDb, dataset_id, version);
      const page = await readPage(
        `parts ${dataset_id} ${version}`,
        request.query,
        ({ part }: PartRow) => part,
        (keyset) => listParts(sampleDb, dataset_id, version, keyset),
      );
      return { ...page, items: page.items.map(renderPart) };
    },
  });

  partStatusRoute(app, api, `${VERSION_PATH}/parts/:part`);

  app.route({
    method: "DELETE",
    url: `${VERSION_PATH}/parts/:part`,
    config: { scope: "data:write" },
    schema: {
      summary: "Delete a part",
      description: "While the version is a draft.",
      tags: ["Versions"],
      params: PartParams,
      response: { 204: { type: "null", description: "It is gone" } },
    },
    handler: async (request, reply) => {
      const { importDb, projectOf } = api;
      const { dataset, version, part } = request.params;
      const { projectId } = await projectOf(request, request.params.project);
      const { dataset_id } = await getDataset(importDb, projectId, dataset);
      await removePart({ ...api, logger: request.log }, dataset_id, version, part);
      return reply.code(204).send(null);
    },
  });
}

function uploadRoute(app: App, api: DataLoader): void {
  const uploads = new Uploads();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, body, done) => done(null, body));
  app.route({
    method: "POST",
    url: `${VERSION_PATH}/samples`,
    config: { scope: "data:write", timeoutMs: null },
    schema: {
      summary: "Upload samples",
      description: UPLOAD_DESCRIPTION,
      tags: ["Versions"],
      params: VersionParams,
      querystring: UploadQuery,
      response: { 200: PartAnswer },
    },
    handler: async (request) => {
      const { importDb, projectOf } = api;
      const { dataset, version } = request.params;
      const { part, rename, sample_id_prefix: sampleIdPrefix } = request.query;
      const type = mediaTypeOf(request.headers["content-type"]);
      const importedAt = instantOf(BigInt(Date.now()) * 1_000n);
      const reading = { rename: parseRename(rename), sampleIdPrefix, importedAt };
      const { projectId } = await projectOf(request, request.params.project);
      const { dataset_id: datasetId } = await getDataset(importDb, projectId, dataset);
      const body = new UploadBody(request.body as Readable);
      const encoding = request.headers["content-encoding"]?.toLowerCase();
      const { id: requestId } = request;
      const upload = { datasetId, version, part, body, encoding, type, reading, requestId };
      const deps = { ...api, logger: request.log };
      return renderPart(await uploads.run(() => importPart(deps, upload)));
    },
  });
}
