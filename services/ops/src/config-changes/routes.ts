import { type App, IdempotencyHeaders, PageQuery, readPage } from "@sluice/http";
import { answerOnce } from "../idempotency/answer-once.ts";
import type { Ops } from "../ops.ts";
import { getChange, requestChange } from "./config-changes.ts";
import { type ConfigChange, listChangesPage } from "./queries.ts";
import {
  ConfigChangeAnswer,
  ConfigChangePage,
  ConfigChangeParams,
  PostConfigChangeBody,
} from "./schemas.ts";

const PATH = "/v1/ops/config-changes";

/** Asks for changes of pools and gates, and shows what became of them. */
export function configChangeRoutes(app: App, { admin, monitor, profile }: Ops): void {
  app.route({
    method: "POST",
    url: PATH,
    config: { scope: "ops:write" },
    schema: {
      summary: "Try a configuration change",
      description:
        "One instance is measured as it is, changed, and watched. When its error rate or wait grow the change is put back by itself, with the reason on record; else all instances are changed. One change at a time.",
      tags: ["Configuration changes"],
      headers: IdempotencyHeaders,
      body: PostConfigChangeBody,
      response: { 202: ConfigChangeAnswer },
    },
    handler: async (request, reply) => {
      const { body, principal } = request;
      const { window_seconds = 30, ...rest } = body;
      const author = `key:${principal.keyId}`;
      const change = await answerOnce(admin, request, (tx) =>
        requestChange(tx, profile, { ...rest, window_seconds, author }),
      );
      return reply.code(202).header("location", `${PATH}/${change.id}`).send(change);
    },
  });

  app.route({
    method: "GET",
    url: PATH,
    config: { scope: "ops:read" },
    schema: {
      summary: "List configuration changes",
      description: "The newest first, a page at a time.",
      tags: ["Configuration changes"],
      querystring: PageQuery,
      response: { 200: ConfigChangePage },
    },
    handler: ({ query }) =>
      readPage(
        "config changes",
        query,
        ({ id }: ConfigChange) => id,
        (keyset) => listChangesPage(monitor, keyset),
      ),
  });

  app.route({
    method: "GET",
    url: `${PATH}/:change`,
    config: { scope: "ops:read" },
    schema: {
      summary: "Read a configuration change",
      description:
        "What it is about, how far it has come, what was measured, and why it ended as it did.",
      tags: ["Configuration changes"],
      params: ConfigChangeParams,
      response: { 200: ConfigChangeAnswer },
    },
    handler: ({ params }) => getChange(monitor, params.change),
  });
}
