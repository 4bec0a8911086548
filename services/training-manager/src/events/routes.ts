import { type App, readPage, sendEventStream, wantsEventStream } from "@sluice/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { jobIdOf, jobNotFound } from "../jobs/job-id.ts";
import { JobParams } from "../jobs/schemas.ts";
import type { TrainingManager } from "../training-manager.ts";
import type { Followers } from "./followers.ts";
import { listTransitions, type Position, type Transition } from "./queries.ts";
import { logReader } from "./read-log.ts";
import { EventHeaders, EventQuery, EventsAnswer, NothingFollows } from "./schemas.ts";
import { transitionStream } from "./transition-stream.ts";

const DESCRIPTION = `Every change of the job's state, the oldest first. With \`Accept: text/event-stream\` the changes so far, then each further one as it happens: \`event: transition\`, \`id\` the sequence, \`data\` the transition as in the list.

The stream ends after the transition with which the job ended, and when the instance stops. A client that comes back with \`Last-Event-ID\` gets exactly what it has not had; once nothing can follow that is 204, at which an EventSource stops reconnecting. A comment is sent at least every 16 seconds.`;

/** Tells what happened to a job. */
export function eventRoutes(app: App, api: TrainingManager, followers: Followers): void {
  const readLog = logReader(api.db);

  /** What follows a position, for as long as the client stays. */
  const stream = async (request: FastifyRequest, reply: FastifyReply, position: Position) => {
    const { projectId, jobId } = position;
    const { signal } = request.exchange;
    // Who has left already will not be heard leaving.
    signal.throwIfAborted();
    // Before the first read, so that nothing which is committed after it goes unheard.
    const follower = followers.follow(jobId, position.after);
    reply.raw.once("close", () => followers.leave(follower));
    const readOn = async () => {
      const found = await readLog({ projectId, jobId, after: follower.after }, signal);
      if (found === undefined) throw jobNotFound(jobId);
      return found;
    };
    const first = await readOn();
    if (first.isLast && first.transitions.length === 0) return reply.code(204).send();
    return sendEventStream(reply, transitionStream(first, follower, readOn));
  };

  app.route({
    method: "GET",
    url: "/v1/projects/:project/jobs/:job/events",
    config: { scope: "jobs:read", timeoutMs: null },
    schema: {
      summary: "Read or follow what happens to a job",
      description: DESCRIPTION,
      tags: ["Jobs"],
      params: JobParams,
      headers: EventHeaders,
      querystring: EventQuery,
      response: { 200: EventsAnswer, 204: NothingFollows },
    },
    handler: async (request, reply) => {
      const { projectId } = await api.projectOf(request, request.params.project);
      const jobId = jobIdOf(request.params.job);
      reply.header("vary", "accept");
      const { last_event_id: asked, ...page } = request.query;
      if (wantsEventStream(request)) {
        const after = Number(request.headers["last-event-id"] ?? asked ?? 0);
        return stream(request, reply, { projectId, jobId, after });
      }
      const found = await readPage(
        `events ${projectId} ${jobId}`,
        page,
        ({ sequence }: Transition) => String(sequence),
        (keyset) => listTransitions(api.db, projectId, jobId, keyset),
      );
      // A job's log is never empty.
      if (found.items.length === 0) throw jobNotFound(jobId);
      return found;
    },
  });
}
