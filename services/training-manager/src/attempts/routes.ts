import type { App } from "@sluice/http";
import { renderJob } from "../jobs/job.ts";
import { jobIdOf } from "../jobs/job-id.ts";
import { JobAnswer, JobParams } from "../jobs/schemas.ts";
import type { TrainingManager } from "../training-manager.ts";
import { reportStatus } from "./report-status.ts";
import { StatusBody } from "./schemas.ts";

/** Takes the attempts' own accounts. */
export function attemptRoutes(app: App, api: TrainingManager): void {
  app.route({
    method: "PUT",
    url: "/v1/projects/:project/jobs/:job/status",
    config: { scope: "jobs:claim" },
    schema: {
      summary: "Report an attempt's status",
      description:
        "Answered after the commit, and the same when it is repeated. A failure with attempts left makes the job retrying. An attempt that was superseded gets 409 and changes nothing. `running` confirms that the attempt is still the current one.",
      tags: ["Attempts"],
      params: JobParams,
      body: StatusBody,
      response: { 200: JobAnswer },
    },
    handler: async (request) => {
      const { projectId, name } = await api.projectOf(request, request.params.project);
      const id = jobIdOf(request.params.job);
      return renderJob(await reportStatus(api, projectId, id, request.body), name);
    },
  });
}
