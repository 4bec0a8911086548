import { type App, invalidArgument } from "@sluice/http";
import type { DataLoader } from "../data-loader.ts";
import { columnsOf } from "../samples/columns.ts";
import { audit } from "./audit.ts";
import { renderPlan } from "./plan.ts";
import { locate } from "./locate.ts";
import {
  AuditAnswer,
  AuditQuery,
  EpochParams,
  LocateAnswer,
  LocateQuery,
  PlanAnswer,
  PlanBody,
  PlanParams,
} from "./schemas.ts";
import { ProjectParams } from "../datasets/schemas.ts";

const PATH = "/v1/projects/:project/plans";
const MAX_SEED = 2n ** 63n - 1n;

/** Makes plans, and answers what one can ask of them without reading samples. */
export function planRoutes(app: App, api: DataLoader): void {
  app.route({
    method: "POST",
    url: PATH,
    config: { scope: "data:read" },
    schema: {
      summary: "Make a plan",
      description:
        "The order in which a sealed version's samples are visited, epoch by epoch and step by step. The same request gives the same plan, however often it is made.",
      tags: ["Plans"],
      params: ProjectParams,
      body: PlanBody,
      response: { 200: PlanAnswer },
    },
    handler: async (request) => {
      const { projectId } = await api.projectOf(request, request.params.project);
      const {
        seed = 0,
        shuffle = "full",
        block_size = null,
        tail = "short",
        ...rest
      } = request.body;
      const plan = await api.plans.make(projectId, {
        dataset: rest.dataset,
        version: rest.version,
        batch_size: rest.batch_size,
        columns: columnsOf(rest.columns),
        seed: seedOf(seed),
        shuffle,
        block_size,
        tail,
      });
      return renderPlan(plan);
    },
  });

  app.route({
    method: "GET",
    url: `${PATH}/:plan`,
    config: { scope: "data:read" },
    schema: {
      summary: "Read a plan",
      tags: ["Plans"],
      params: PlanParams,
      response: { 200: PlanAnswer },
    },
    handler: async (request) => {
      const { projectId } = await api.projectOf(request, request.params.project);
      return renderPlan(await api.plans.get(projectId, request.params.plan));
    },
  });

  app.route({
    method: "GET",
    url: `${PATH}/:plan/epochs/:epoch/locate`,
    config: { scope: "data:read" },
    schema: {
      summary: "Find the step of a sample",
      description: "Computed backwards from the sample; nothing is searched.",
      tags: ["Plans"],
      params: EpochParams,
      querystring: LocateQuery,
      response: { 200: LocateAnswer },
    },
    handler: async (request) => {
      const { projectId } = await api.projectOf(request, request.params.project);
      const plan = await api.plans.get(projectId, request.params.plan);
      return locate(api, plan, request.params.epoch, request.query.sample_id);
    },
  });

  app.route({
    method: "GET",
    url: `${PATH}/:plan/audit`,
    // 100 million samples take some seconds.
    config: { scope: "data:read", timeoutMs: null },
    schema: {
      summary: "Prove an epoch's coverage",
      description:
        "Walks through all steps as their readers do, and counts which samples are delivered, how often.",
      tags: ["Plans"],
      params: PlanParams,
      querystring: AuditQuery,
      response: { 200: AuditAnswer },
    },
    handler: async (request) => {
      const { projectId } = await api.projectOf(request, request.params.project);
      const plan = await api.plans.get(projectId, request.params.plan);
      return audit(plan, request.query.epoch ?? 0, request.exchange.signal);
    },
  });
}

/** @throws SluiceError VALIDATION_FAILED outside of 0 to 2^63−1 */
function seedOf(seed: unknown): string {
  const isInteger = typeof seed === "bigint" || Number.isSafeInteger(seed);
  const value = isInteger ? BigInt(seed as number | bigint) : -1n;
  if (value >= 0n && value <= MAX_SEED) return String(value);
  throw invalidArgument("/seed", "must be an integer from 0 to 2^63−1");
}
