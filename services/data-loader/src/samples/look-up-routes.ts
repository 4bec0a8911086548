import { type App, invalidArgument } from "@sluice/http";
import type { DataLoader } from "../data-loader.ts";
import { getDataset } from "../datasets/dataset.ts";
import { ANSWER_TYPES } from "../encodings/answer.ts";
import { answerContent } from "../encodings/answer-content.ts";
import { chooseMediaType } from "../encodings/media-type.ts";
import { sendAnswer } from "../encodings/send-answer.ts";
import { getSealed } from "../versions/version.ts";
import { columnsOf } from "./columns.ts";
import { lookUp, type LookUp } from "./look-up.ts";
import { LookUpBody, LookUpObject, LookUpParams } from "./schemas.ts";

/** Looks samples up by id or by hash. */
export function lookUpRoutes(app: App, { sampleDb, served, projectOf }: DataLoader): void {
  app.route({
    method: "POST",
    url: "/v1/projects/:project/datasets/:dataset/samples::lookup",
    config: { scope: "data:read" },
    schema: {
      summary: "Look up samples",
      description:
        "By `sample_ids`, or by `feature_hashes`, which several samples may share: then all of them come, in order of their ids. Rows are in the order of the request, and repeated where it repeats; `index` says which of its positions each row answers. At most 10,000 ids or hashes, and 100,000 rows.",
      tags: ["Samples"],
      params: LookUpParams,
      body: LookUpBody,
      response: { 200: answerContent("The samples that there are", LookUpObject) },
    },
    handler: async (request, reply) => {
      const type = chooseMediaType(request.headers.accept, ANSWER_TYPES);
      const { projectId } = await projectOf(request, request.params.project);
      const wanted = { columns: columnsOf(request.body.columns), ...keysOf(request.body) };
      const { dataset_id: datasetId } = await getDataset(
        sampleDb,
        projectId,
        request.params.dataset,
      );
      const { version = (await getSealed(sampleDb, datasetId, undefined)).version } = request.body;
      const found = await lookUp(sampleDb, { datasetId, version, ...wanted });
      served.inc(found.count);
      return sendAnswer(reply, type, found);
    },
  });
}

interface Keys {
  readonly sample_ids?: readonly string[];
  readonly feature_hashes?: readonly string[];
}

function keysOf({
  sample_ids: ids,
  feature_hashes: hashes,
}: Keys): Pick<LookUp, "keyColumn" | "keys"> {
  if (ids !== undefined && hashes === undefined) return { keyColumn: "sample_id", keys: ids };
  if (hashes !== undefined && ids === undefined) return { keyColumn: "feature_hash", keys: hashes };
  throw invalidArgument("/sample_ids", "or /feature_hashes must be there, and not both");
}
