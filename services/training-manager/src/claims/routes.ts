import { SluiceError } from "@sluice/errors";
import type { App } from "@sluice/http";
import type { FastifyRequest } from "fastify";
import { heartbeatInterval } from "../heartbeats/heartbeat-interval.ts";
import { addSeconds } from "../instant.ts";
import { renderJob } from "../jobs/job.ts";
import { ProjectParams } from "../jobs/schemas.ts";
import type { TrainingManager } from "../training-manager.ts";
import { claimJob, type Claimed, type ClaimRequest } from "./claim.ts";
import type { ClaimLines } from "./claim-lines.ts";
import { ClaimAnswer, ClaimBody, ClaimQuery, NothingToClaim } from "./schemas.ts";

const DESCRIPTION =
  "Gives the pending job of the highest priority, the oldest first, as a new attempt with a fencing token; 204 when there is none, after wait_seconds or earlier when the instance stops. The ranks have to beat from then on. A claim whose answer got lost is found lost like any silent attempt.";

/** Hands jobs to trainers. */
export function claimRoutes(app: App, api: TrainingManager, lines: ClaimLines): void {
  const claim = async (request: FastifyRequest, wanted: ClaimRequest, waitSeconds: number) => {
    // A claim whose client has left takes no job: the statements carry the same signal.
    const { startedAt, signal } = request.exchange;
    const until = startedAt + waitSeconds * 1_000;
    return lines.claim(wanted, () => claimJob(api, wanted), { until, signal });
  };

  app.route({
    method: "POST",
    url: "/v1/projects/:project/jobs::claim",
    // A long poll: it says nothing of how fast requests are answered.
    config: { scope: "jobs:claim", timeoutMs: null },
    schema: {
      summary: "Claim the next job of a project",
      description: DESCRIPTION,
      tags: ["Claims"],
      params: ProjectParams,
      querystring: ClaimQuery,
      body: ClaimBody,
      response: { 200: ClaimAnswer, 204: NothingToClaim },
    },
    handler: async (request, reply) => {
      const { projectId, tenantId } = await api.projectOf(request, request.params.project);
      const { queues, claimed_by: claimedBy = null } = request.body;
      const wanted = { tenantId, projectId, queues, claimedBy };
      const claimed = await claim(request, wanted, request.query.wait_seconds ?? 0);
      return claimed === undefined ? reply.code(204).send(null) : render(claimed);
    },
  });

  app.route({
    method: "POST",
    url: "/v1/jobs::claim",
    config: { scope: "jobs:claim", timeoutMs: null },
    schema: {
      summary: "Claim the next job of a tenant",
      description: `Of all projects that the key may use: first the project with the fewest running jobs, then its next job. ${DESCRIPTION}`,
      tags: ["Claims"],
      querystring: ClaimQuery,
      body: ClaimBody,
      response: { 200: ClaimAnswer, 204: NothingToClaim },
    },
    handler: async (request, reply) => {
      const { tenantId, projectId } = request.principal;
      if (tenantId === null) throw tenantless();
      const { queues, claimed_by: claimedBy = null } = request.body;
      const wanted = { tenantId, projectId, queues, claimedBy };
      const claimed = await claim(request, wanted, request.query.wait_seconds ?? 0);
      return claimed === undefined ? reply.code(204).send(null) : render(claimed);
    },
  });
}

function render({ job, project }: Claimed): Record<string, unknown> {
  const timeout = job.heartbeat_timeout_seconds;
  return {
    job: renderJob(job, project),
    attempt: job.attempt,
    token: job.token,
    heartbeat_interval_seconds: heartbeatInterval(timeout),
    lease_expires_at: addSeconds(job.updated_at, timeout),
  };
}

function tenantless(): SluiceError {
  const detail =
    "A platform key belongs to no tenant. Claim in one project, or with a tenant's key.";
  return new SluiceError("FORBIDDEN", detail);
}
