import type { App } from "@sluice/http";
import { sql } from "kysely";
import { Type } from "typebox";
import type { FeatureApi } from "../feature-api.ts";
import { ProjectParams } from "../views/schemas.ts";
import { FEAST_ROUTE } from "./feast-route.ts";

/** Feast's health check. Unlike Feast's own it asks the store. */
export function healthRoute(app: App, { db, projectOf }: FeatureApi): void {
  app.route({
    method: "GET",
    url: "/v1/projects/:project/health",
    config: { scope: "features:read", ...FEAST_ROUTE },
    schema: {
      summary: "Whether the project's features can be served (Feast)",
      description:
        "200 with an empty body after a statement has come back from the database, else 503.",
      tags: ["Feast"],
      params: ProjectParams,
      response: { 200: Type.Unsafe<"">({ description: "The database answers" }) },
    },
    handler: async (request, reply) => {
      await projectOf(request, request.params.project);
      await db.run("features.ping", sql`select 1`, { idempotent: true });
      return reply.code(200).send("");
    },
  });
}
