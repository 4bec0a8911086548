import { type App, readPage } from "@sluice/http";
import type { Ops } from "../ops.ts";
import { listEventsPage, type ScalingEvent } from "./queries.ts";
import { ScalingEventsPage, ScalingEventsQuery } from "./schemas.ts";

/** Lists what was decided over pool sizes. */
export function scalingEventRoutes(app: App, { monitor }: Ops): void {
  app.route({
    method: "GET",
    url: "/v1/ops/scaling-events",
    config: { scope: "ops:read" },
    schema: {
      summary: "List decisions over pool sizes",
      description:
        "Changes, refusals and what was put back, the newest first, a page at a time. A refusal that repeats itself is counted in one entry.",
      tags: ["Autoscaler"],
      querystring: ScalingEventsQuery,
      response: { 200: ScalingEventsPage },
    },
    handler: ({ query: { alias, ...page } }) =>
      readPage(
        `scaling events ${alias ?? ""}`,
        page,
        ({ id }: ScalingEvent) => id,
        (keyset) => listEventsPage(monitor, { alias, ...keyset }),
      ),
  });
}
