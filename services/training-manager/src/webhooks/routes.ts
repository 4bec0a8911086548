import { SluiceError } from "@sluice/errors";
import { type App, PageQuery, readPage } from "@sluice/http";
import { ProjectParams } from "../jobs/schemas.ts";
import type { TrainingManager } from "../training-manager.ts";
import {
  deleteWebhook,
  findWebhook,
  listWebhooks,
  upsertWebhook,
  type WebhookRow,
} from "./queries.ts";
import {
  PutWebhookBody,
  WebhookAnswer,
  WebhookDeleted,
  WebhookPage,
  WebhookParams,
} from "./schemas.ts";
import { checkTarget } from "./target.ts";

const PATH = "/v1/projects/:project/webhooks";

const DESCRIPTION =
  "Each event is posted as JSON until the receiver answers 2xx, up to 8 times within about 10 minutes, then it is a dead letter. It may come more than once and out of order: `x-sluice-delivery` tells a repetition, `sequence` the order. `x-sluice-signature` is `t=<unix seconds>,v1=<hex HMAC-SHA256 of t, a dot and the body>`. The same call replaces url, events and secret.";

/** Makes, reads and deletes webhooks. @param allowPrivate whether receivers may have private addresses */
export function webhookRoutes(
  app: App,
  { db, projectOf }: TrainingManager,
  allowPrivate: boolean,
): void {
  app.route({
    method: "PUT",
    url: `${PATH}/:webhook`,
    config: { scope: "jobs:write" },
    schema: {
      summary: "Have a receiver told of events",
      description: DESCRIPTION,
      tags: ["Webhooks"],
      params: WebhookParams,
      body: PutWebhookBody,
      response: { 200: WebhookAnswer, 201: WebhookAnswer },
    },
    handler: async (request, reply) => {
      const { projectId } = await projectOf(request, request.params.project);
      checkTarget(request.body.url, allowPrivate);
      const wanted = { name: request.params.webhook, ...request.body };
      const { created, ...webhook } = await upsertWebhook(db, projectId, wanted);
      return reply.code(created ? 201 : 200).send(webhook);
    },
  });

  app.route({
    method: "GET",
    url: PATH,
    config: { scope: "jobs:read" },
    schema: {
      summary: "List webhooks",
      description: "In order of name, a page at a time.",
      tags: ["Webhooks"],
      params: ProjectParams,
      querystring: PageQuery,
      response: { 200: WebhookPage },
    },
    handler: async (request) => {
      const { projectId } = await projectOf(request, request.params.project);
      return readPage(
        `webhooks ${projectId}`,
        request.query,
        ({ name }: WebhookRow) => name,
        (keyset) => listWebhooks(db, projectId, keyset),
      );
    },
  });

  app.route({
    method: "GET",
    url: `${PATH}/:webhook`,
    config: { scope: "jobs:read" },
    schema: {
      summary: "Read a webhook",
      description: "Its secret is never shown.",
      tags: ["Webhooks"],
      params: WebhookParams,
      response: { 200: WebhookAnswer },
    },
    handler: async (request) => {
      const { project, webhook: name } = request.params;
      const { projectId } = await projectOf(request, project);
      const webhook = await findWebhook(db, projectId, name);
      if (webhook === undefined) throw notFound(name);
      return webhook;
    },
  });

  app.route({
    method: "DELETE",
    url: `${PATH}/:webhook`,
    config: { scope: "jobs:write" },
    schema: {
      summary: "Delete a webhook",
      description: "What it has not been told yet is dropped.",
      tags: ["Webhooks"],
      params: WebhookParams,
      response: { 204: WebhookDeleted },
    },
    handler: async (request, reply) => {
      const { project, webhook: name } = request.params;
      const { projectId } = await projectOf(request, project);
      if (!(await deleteWebhook(db, projectId, name))) throw notFound(name);
      return reply.code(204).send(null);
    },
  });
}

function notFound(name: string): SluiceError {
  const detail = `The project has no webhook "${name}". GET …/webhooks lists its webhooks.`;
  return new SluiceError("WEBHOOK_NOT_FOUND", detail);
}
