import { type App, IdempotencyHeaders } from "@sluice/http";
import type { TrainingManager } from "../training-manager.ts";
import { renderJob } from "./job.ts";
import { jobIdOf } from "./job-id.ts";
import { askForCheckpoint, cancelJob, retryJob } from "./orders.ts";
import { JobAnswer, JobParams } from "./schemas.ts";

const PATH = "/v1/projects/:project/jobs/:job";

/** What people order a job to do. */
export function orderRoutes(app: App, api: TrainingManager): void {
  app.route({
    method: "POST",
    url: `${PATH}/cancel`,
    config: { scope: "jobs:write" },
    schema: {
      summary: "Cancel a job",
      description:
        "A job that waits is cancelled at once. One that runs is cancelling until its trainer, told by the answer to its next heartbeat, reports that it stopped, or falls silent.",
      tags: ["Jobs"],
      params: JobParams,
      response: { 200: JobAnswer },
    },
    handler: async (request) => {
      const { projectId, name } = await api.projectOf(request, request.params.project);
      return renderJob(await cancelJob(api, projectId, jobIdOf(request.params.job)), name);
    },
  });

  app.route({
    method: "POST",
    url: `${PATH}/checkpoint`,
    config: { scope: "jobs:write" },
    schema: {
      summary: "Ask for a checkpoint",
      description:
        "Every rank of the running job is told once, by the answer to its next heartbeat.",
      tags: ["Jobs"],
      params: JobParams,
      response: { 200: JobAnswer },
    },
    handler: async (request) => {
      const { projectId, name } = await api.projectOf(request, request.params.project);
      return renderJob(await askForCheckpoint(api, projectId, jobIdOf(request.params.job)), name);
    },
  });

  app.route({
    method: "POST",
    url: `${PATH}/retry`,
    config: { scope: "jobs:write" },
    schema: {
      summary: "Try an ended job again",
      description: "A new job with the same definition, which names the old one in `retry_of`.",
      tags: ["Jobs"],
      params: JobParams,
      headers: IdempotencyHeaders,
      response: { 201: JobAnswer },
    },
    handler: async (request, reply) => {
      const { projectId, name } = await api.projectOf(request, request.params.project);
      const id = jobIdOf(request.params.job);
      const job = await retryJob(api, projectId, id, request.headers["idempotency-key"]);
      return reply.code(201).send(renderJob(job, name));
    },
  });
}
