import type { App } from "@sluice/http";
import { invalidArgument } from "@sluice/http";
import type { DataLoader } from "../data-loader.ts";
import { requireFingerprint } from "./fingerprint.ts";
import { renderSlice } from "./render-slice.ts";
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
        "Rank r of w gets samples ⌊rB/w⌋ … ⌊(r+1)B/w⌋−1 of the B samples of the step. A pure function of the URL: any instance answers alike, a repeated request is harmless, and the world size may be another one at every step.",
      tags: ["Plans"],
      params: StepParams,
      querystring: StepQuery,
      response: { 200: StepAnswer, 304: NotModified },
    },
    handler: async (request, reply) => {
      const { projectId } = await api.projectOf(request, request.params.project);
      const { epoch, step } = request.params;
      const { rank = 0, world_size: worldSize = 1, fingerprint } = request.query;
      const plan = await api.plans.get(projectId, request.params.plan);
      await requireFingerprint(api.sampleDb, plan, fingerprint);
      const wanted = { epoch, rank, worldSize, ...stepsOf(step) };
      requireRank(wanted);
      const etag = `"${plan.planId}.${epoch}.${step}.${rank}.${worldSize}"`;
      reply.headers({ etag, "cache-control": FOR_GOOD, vary: "accept, accept-encoding" });
      if (request.headers["if-none-match"] === etag) return reply.code(304).send(null);
      const slices = await readSteps(api.sampleDb, api.layouts, plan, wanted);
      const texts = slices.map((slice) => renderSlice(plan, wanted, slice));
      for (const { rows } of slices) api.served.inc(rows.count);
      reply.type("application/json; charset=utf-8");
      return reply.send(step.includes("-") ? `{"slices":[${texts.join()}]}` : texts[0]!);
    },
  });
}

function stepsOf(text: string): Pick<SliceRequest, "firstStep" | "lastStep"> {
  const [firstStep = 0, lastStep = firstStep] = text.split("-").map(Number);
  if (lastStep < firstStep) throw invalidArgument("/step", "must not end before it begins");
  if (lastStep - firstStep >= MAX_STEPS)
    throw invalidArgument("/step", `must be at most ${MAX_STEPS} steps`);
  return { firstStep, lastStep };
}

function requireRank({ rank, worldSize }: SliceRequest): void {
  if (rank >= worldSize)
    throw invalidArgument("/rank", `must be less than the world size, which is ${worldSize}`);
}
