import { SluiceError } from "@sluice/errors";
import { type App, PageQuery, readPage } from "@sluice/http";
import { isUuid } from "../jobs/job-id.ts";
import { ProjectParams } from "../jobs/schemas.ts";
import type { TrainingManager } from "../training-manager.ts";
import { deleteDeadLetter, keyOf, listDeadLetters, reviveDeadLetter } from "./queries.ts";
import {
  DeadLetterAnswer,
  DeadLetterDeleted,
  DeadLetterPage,
  DeadLetterParams,
} from "./schemas.ts";

const PATH = "/v1/projects/:project/dead-letters";

/** Lists what was given up, has it tried again, or drops it. */
export function deadLetterRoutes(app: App, { db, projectOf }: TrainingManager): void {
  app.route({
    method: "GET",
    url: PATH,
    config: { scope: "jobs:read" },
    schema: {
      summary: "List dead letters",
      description: "Retries and webhook deliveries whose last try failed, the newest first.",
      tags: ["Dead letters"],
      params: ProjectParams,
      querystring: PageQuery,
      response: { 200: DeadLetterPage },
    },
    handler: async (request) => {
      const { projectId } = await projectOf(request, request.params.project);
      const page = await readPage(`dead letters ${projectId}`, request.query, keyOf, (keyset) =>
        listDeadLetters(db, projectId, keyset),
      );
      return { ...page };
    },
  });

  app.route({
    method: "POST",
    url: `${PATH}/:id/retry`,
    config: { scope: "jobs:write" },
    schema: {
      summary: "Try a dead letter again",
      description: "It goes back to the queue at once, with all its tries before it.",
      tags: ["Dead letters"],
      params: DeadLetterParams,
      response: { 200: DeadLetterAnswer },
    },
    handler: async (request) => {
      const { projectId } = await projectOf(request, request.params.project);
      const id = idOf(request.params.id);
      const letter = await reviveDeadLetter(db, projectId, id);
      if (letter === undefined) throw notFound(id);
      return { ...letter };
    },
  });

  app.route({
    method: "DELETE",
    url: `${PATH}/:id`,
    config: { scope: "jobs:write" },
    schema: {
      summary: "Drop a dead letter",
      description: "What it stood for is never done.",
      tags: ["Dead letters"],
      params: DeadLetterParams,
      response: { 204: DeadLetterDeleted },
    },
    handler: async (request, reply) => {
      const { projectId } = await projectOf(request, request.params.project);
      const id = idOf(request.params.id);
      if (!(await deleteDeadLetter(db, projectId, id))) throw notFound(id);
      return reply.code(204).send(null);
    },
  });
}

function idOf(text: string): string {
  if (!isUuid(text)) throw notFound(text);
  return text;
}

function notFound(id: string): SluiceError {
  const detail = `The project has no dead letter "${id}". GET …/dead-letters lists them.`;
  return new SluiceError("DEAD_LETTER_NOT_FOUND", detail);
}
