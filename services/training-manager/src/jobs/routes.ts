import { type App, readPage, IdempotencyHeaders } from "@sluice/http";
import type { TrainingManager } from "../training-manager.ts";
import { createJob } from "./create-job.ts";
import { getJob } from "./get-job.ts";
import { type JobRow, renderJob } from "./job.ts";
import { jobIdOf } from "./job-id.ts";
import { requestOf } from "./job-request.ts";
import { listJobs } from "./queries.ts";
import {
  type CompleteJobBody,
  CreateJobBody,
  JobAnswer,
  JobPage,
  JobParams,
  JobQuery,
  ProjectParams,
} from "./schemas.ts";

const PATH = "/v1/projects/:project/jobs";

/** Creates, reads and lists jobs. */
export function jobRoutes(app: App, api: TrainingManager): void {
  app.route({
    method: "POST",
    url: PATH,
    config: { scope: "jobs:write" },
    schema: {
      summary: "Create a job",
      description: "It is pending until a trainer claims it.",
      tags: ["Jobs"],
      params: ProjectParams,
      headers: IdempotencyHeaders,
      body: CreateJobBody,
      response: { 201: JobAnswer },
    },
    handler: async (request, reply) => {
      const { projectId, name } = await api.projectOf(request, request.params.project);
      // The validator has filled the schema's defaults in.
      const wanted = requestOf(request.body as CompleteJobBody);
      const job = await createJob(api, projectId, wanted, request.headers["idempotency-key"]);
      return reply.code(201).send(renderJob(job, name));
    },
  });

  app.route({
    method: "GET",
    url: PATH,
    config: { scope: "jobs:read" },
    schema: {
      summary: "List jobs",
      description: "The newest first, a page at a time.",
      tags: ["Jobs"],
      params: ProjectParams,
      querystring: JobQuery,
      response: { 200: JobPage },
    },
    handler: async (request) => {
      const { projectId, name } = await api.projectOf(request, request.params.project);
      const { status, queue, label = [], ...page } = request.query;
      const filter = { status, queue, labels: labelsOf(label) };
      const { items, next_cursor } = await readPage(
        `jobs ${projectId}`,
        page,
        ({ job_id }: JobRow) => job_id,
        (keyset) => listJobs(api.db, projectId, filter, keyset),
      );
      return { items: items.map((job) => renderJob(job, name)), next_cursor };
    },
  });

  app.route({
    method: "GET",
    url: `${PATH}/:job`,
    config: { scope: "jobs:read" },
    schema: {
      summary: "Read a job",
      description: "Step and progress are taken from its ranks at this moment.",
      tags: ["Jobs"],
      params: JobParams,
      response: { 200: JobAnswer },
    },
    handler: async (request) => {
      const { projectId, name } = await api.projectOf(request, request.params.project);
      return renderJob(await getJob(api.db, projectId, jobIdOf(request.params.job)), name);
    },
  });
}

function labelsOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const colon = text.indexOf(":");
      return [text.slice(0, colon), text.slice(colon + 1)];
    }),
  );
}
