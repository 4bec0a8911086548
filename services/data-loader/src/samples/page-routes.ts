import type { App } from "@sluice/http";
import type { DataLoader } from "../data-loader.ts";
import { getDataset } from "../datasets/dataset.ts";
import { ANSWER_TYPES } from "../encodings/answer.ts";
import { answerContent } from "../encodings/answer-content.ts";
import { chooseMediaType } from "../encodings/media-type.ts";
import { ROW_TYPES } from "../encodings/row-encoder.ts";
import { sendAnswer } from "../encodings/send-answer.ts";
import { sendRows } from "../encodings/send-rows.ts";
import { getSealed } from "../versions/version.ts";
import { columnsOf } from "./columns.ts";
import { createdRange } from "./created-range.ts";
import { cursorOf, ordinalOf, readPage, readPages } from "./pages.ts";
import { PageObject, PageParams, PageQueryString } from "./schemas.ts";

/** Of a page for a client that reads JSON alone and says no number. */
const DEFAULT_LIMIT = 100;
/** Of a stream: a few hundred kilobytes, some milliseconds of a connection. */
const STREAM_ROWS = 1_000;
/** Without a limit all of the rows are asked for, which JSON is not for. */
const STREAM_TYPES = [...ROW_TYPES, "application/json"] as const;

/** Reads the samples of a version in their order, page by page or as one stream. */
export function pageRoutes(app: App, { sampleDb, layouts, served, projectOf }: DataLoader): void {
  app.route({
    method: "GET",
    url: "/v1/projects/:project/datasets/:dataset/versions/:version/samples",
    // A stream lasts as long as its reader likes; a statement has the time-outs of its pool.
    config: { scope: "data:read", timeoutMs: null },
    // HEAD would read all of it.
    exposeHeadRoute: false,
    schema: {
      summary: "Read samples",
      description:
        "In their order in the version. With `limit` a page, and `next_cursor` for the next one; with times a page may have fewer samples than that although others follow. Without `limit` all of them from `cursor` on, as a stream of NDJSON or Arrow record batches; a client that accepts only JSON gets a page of 100. A stream is complete when its end is there; when something goes wrong on the way, the connection is cut.",
      tags: ["Samples"],
      params: PageParams,
      querystring: PageQueryString,
      response: { 200: answerContent("Samples in order", PageObject) },
    },
    handler: async (request, reply) => {
      const { limit, cursor, created_from: from, created_to: to, columns } = request.query;
      const isPage = limit !== undefined;
      const type = chooseMediaType(request.headers.accept, isPage ? ANSWER_TYPES : STREAM_TYPES);
      const wanted = { columns: columnsOf(columns?.split(",")), created: createdRange(from, to) };
      const { projectId } = await projectOf(request, request.params.project);
      const { dataset_id: datasetId } = await getDataset(
        sampleDb,
        projectId,
        request.params.dataset,
      );
      const { version } = await getSealed(sampleDb, datasetId, request.params.version);
      const layout = await layouts.of(datasetId, version);
      const query = { datasetId, version, ...wanted, limit: limit ?? DEFAULT_LIMIT };
      const first = ordinalOf(query, cursor);
      if (!isPage && type !== "application/json") {
        const pages = readPages(sampleDb, layout, { ...query, limit: STREAM_ROWS }, first);
        return sendRows(reply, type, pages, ({ count }) => served.inc(count));
      }
      const { count, columns: shown, next } = await readPage(sampleDb, layout, query, first);
      served.inc(count);
      const members = { next_cursor: cursorOf(query, next) };
      return sendAnswer(reply, type, { members, count, columns: shown, beside: [] });
    },
  });
}
