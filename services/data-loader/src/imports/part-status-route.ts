import { SluiceError } from "@sluice/errors";
import { type App, sendEventStream, wantsEventStream } from "@sluice/http";
import type { DataLoader, Queryable } from "../data-loader.ts";
import { getDataset } from "../datasets/dataset.ts";
import { drainSignal } from "../following/drain-signal.ts";
import { eventTexts, follow } from "../following/follow.ts";
import { FollowHeaders, NothingFollows } from "../following/schemas.ts";
import { getVersion } from "../versions/version.ts";
import { renderPartStatus } from "./render-part.ts";
import { PartStatusAnswer, PartParams } from "./schemas.ts";
import { findPartStatus, type PartStatusRow, type UploadKey } from "./upload-queries.ts";

const DESCRIPTION = `A part, or how far its upload is, whichever instance it goes to: \`uploading\`, \`done\`, or \`failed\` with the problem that its client was answered. Of several uploads for one part the newest; a failed one is forgotten after a day.

With \`Accept: text/event-stream\` each change as it is seen, at most two a second: \`event: part\`, \`data\` the part. The stream ends after the event that has the end, when the part is deleted, and when the instance stops. Who comes back with the \`Last-Event-ID\` of the end gets 204, at which an EventSource stops reconnecting. A comment is sent at least every 16 seconds.`;

type PartKey = Omit<UploadKey, "segmentId">;

/** Reads and follows a part, also while it is uploaded. */
export function partStatusRoute(app: App, { sampleDb, projectOf }: DataLoader, path: string): void {
  const draining = drainSignal(app);

  app.route({
    method: "GET",
    url: path,
    config: { scope: "data:read", timeoutMs: null },
    // HEAD would follow it.
    exposeHeadRoute: false,
    schema: {
      summary: "Read or follow a part",
      description: DESCRIPTION,
      tags: ["Versions"],
      params: PartParams,
      headers: FollowHeaders,
      response: { 200: PartStatusAnswer, 204: NothingFollows },
    },
    handler: async (request, reply) => {
      const { project, dataset, version, part } = request.params;
      const { projectId } = await projectOf(request, project);
      const { dataset_id: datasetId } = await getDataset(sampleDb, projectId, dataset);
      const key = { datasetId, version, part };
      const first = await getPartStatus(sampleDb, key);
      reply.header("vary", "accept");
      if (!wantsEventStream(request)) return renderPartStatus(first);
      if (hasEnded(first) && request.headers["last-event-id"] === first.updated_at)
        return reply.code(204).send(null);
      const signal = AbortSignal.any([request.exchange.signal, draining]);
      const look = () => findPartStatus(sampleDb, key);
      const rows = follow({ first, look, hasEnded }, signal);
      return sendEventStream(reply, eventTexts("part", rows, renderPartStatus));
    },
  });
}

const hasEnded = ({ state }: PartStatusRow): boolean => state !== "uploading";

/** @throws SluiceError VERSION_NOT_FOUND, PART_NOT_FOUND */
async function getPartStatus(db: Queryable, key: PartKey): Promise<PartStatusRow> {
  const row = await findPartStatus(db, key);
  if (row !== undefined) return row;
  await getVersion(db, key.datasetId, key.version);
  const detail = `Version ${key.version} has no part "${key.part}", and nothing is known of an upload of it.`;
  throw new SluiceError("PART_NOT_FOUND", detail);
}
