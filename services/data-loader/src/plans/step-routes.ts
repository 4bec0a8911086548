import { type App, invalidArgument } from "@sluice/http";
import type { DataLoader } from "../data-loader.ts";
import { ANSWER_TYPES } from "../encodings/answer.ts";
import { chooseCoding } from "../encodings/content-coding.ts";
import { chooseMediaType } from "../encodings/media-type.ts";
import { sendBody } from "../encodings/send-answer.ts";
import { encodeSteps } from "./encode-steps.ts";
import { requireFingerprint } from "./fingerprint.ts";
import { NotModified, StepAnswer, StepParams, StepQuery } from "./schemas.ts";
import { readSteps, type SliceRequest } from "./step-slices.ts";

const MAX_STEPS = 100;

/** A year: what a URL answers never changes. */
const FOR_GOOD = "private, max-age=31536000, immutable";

/** Serves the batches that training reads. */
export function stepRoutes(app: App, api: DataLoader): void {
  app.route({
    method: "GET",
    url: "/v1/projects/:project/plans/:plan/epochs/:epoch/steps/:step",
    config: { scope: "data:read" },
    schema: {
      summary: "Read a step",
      description:
        "Rank r of w gets samples ⌊rB/w⌋ … ⌊(r+1)B/w⌋−1 of the B samples of the step. A pure function of the URL: any instance answers alike, a repeated request is harmless, and the world size may be another one at every step. As rows (NDJSON, Arrow) each sample has its `step` and `ordinal` beside its columns, and with `pad_masked` its `mask`.",
      tags: ["Plans"],
      params: StepParams,
      querystring: StepQuery,
      response: { 200: StepAnswer, 304: NotModified },
    },
    handler: async (request, reply) => {
      const { headers, params, query } = request;
      const type = chooseMediaType(headers.accept, ANSWER_TYPES);
      const { projectId } = await api.projectOf(request, params.project);
      const { rank = 0, world_size: worldSize = 1, fingerprint } = query;
      const plan = await api.plans.get(projectId, params.plan);
      await requireFingerprint(api.sampleDb, plan, fingerprint);
      const wanted = { epoch: params.epoch, rank, worldSize, ...stepsOf(params.step) };
      requireRank(wanted);
      // Of this representation alone: another type or coding has other bytes.
      const what = [plan.planId, params.epoch, params.step, rank, worldSize];
      const how = [type.slice("application/".length), chooseCoding(headers["accept-encoding"])];
      const etag = `"${[...what, ...how].join(" ")}"`;
      reply.headers({ etag, "cache-control": FOR_GOOD, vary: "accept, accept-encoding" });
      if (headers["if-none-match"] === etag) return reply.code(304).send(null);
      const slices = await readSteps(api.sampleDb, api.layouts, plan, wanted);
      for (const { rows } of slices) api.served.inc(rows.count);
      return sendBody(reply, type, encodeSteps(type, plan, wanted, slices));
    },
  });
}

type Steps = Pick<SliceRequest, "firstStep" | "lastStep" | "isRange">;

function stepsOf(text: string): Steps {
  const [firstStep = 0, lastStep = firstStep] = text.split("-").map(Number);
  if (lastStep < firstStep) throw invalidArgument("/step", "must not end before it begins");
  if (lastStep - firstStep >= MAX_STEPS)
    throw invalidArgument("/step", `must be at most ${MAX_STEPS} steps`);
  return { firstStep, lastStep, isRange: text.includes("-") };
}

function requireRank({ rank, worldSize }: SliceRequest): void {
  if (rank >= worldSize)
    throw invalidArgument("/rank", `must be less than the world size, which is ${worldSize}`);
}
