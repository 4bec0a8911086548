import type { App } from "@sluice/http";
import { jobIdOf } from "../jobs/job-id.ts";
import { JobParams } from "../jobs/schemas.ts";
import type { TrainingManager } from "../training-manager.ts";
import type { WriteBeat } from "./beat-writer.ts";
import { heartbeatsOf } from "./heartbeat-call.ts";
import type { HeartbeatMeter } from "./heartbeat-metrics.ts";
import { takeHeartbeats } from "./heartbeats.ts";
import type { RankRow } from "./queries.ts";
import { pageOfRanks } from "./ranks.ts";
import { HeartbeatBody, HeartbeatReply, RankPage, RankQuery } from "./schemas.ts";

const PATH = "/v1/projects/:project/jobs/:job";

/** Takes the ranks' heartbeats, and shows what they told. */
export function heartbeatRoutes(
  app: App,
  api: TrainingManager,
  write: WriteBeat,
  meter: HeartbeatMeter,
): void {
  app.route({
    method: "POST",
    url: `${PATH}/heartbeats`,
    config: { scope: "jobs:claim" },
    schema: {
      summary: "Send heartbeats",
      description:
        "Of one rank, or of many in `beats`. The newest of each rank is kept, whatever its step: a trainer may go back to a checkpoint. Answered after the commit. An attempt that was superseded gets 409 and changes nothing, and so does a call that names a rank that the job does not have (422).",
      tags: ["Attempts"],
      params: JobParams,
      body: HeartbeatBody,
      response: { 200: HeartbeatReply },
    },
    handler: async (request) => {
      const { projectId } = await api.projectOf(request, request.params.project);
      const heartbeats = heartbeatsOf(request.body);
      const answer = await takeHeartbeats(
        write,
        projectId,
        jobIdOf(request.params.job),
        heartbeats,
      );
      meter.taken(heartbeats.beats.size);
      return answer;
    },
  });

  app.route({
    method: "GET",
    url: `${PATH}/ranks`,
    config: { scope: "jobs:read" },
    schema: {
      summary: "List the ranks of an attempt",
      description: "What each told last; of an attempt that has ended, as it was then.",
      tags: ["Attempts"],
      params: JobParams,
      querystring: RankQuery,
      response: { 200: RankPage },
    },
    handler: async (request) => {
      const { projectId } = await api.projectOf(request, request.params.project);
      const id = jobIdOf(request.params.job);
      const { items, next_cursor } = await pageOfRanks(api.db, projectId, id, request.query);
      return { items: items.map(renderRank), next_cursor };
    },
  });
}

function renderRank({ step, ...rank }: RankRow): Record<string, unknown> {
  return { ...rank, step: step === null ? null : BigInt(step) };
}
