import type { App } from "@sluice/http";
import type { Ops } from "../ops.ts";
import { findAutoscaler, setMode } from "./mode-queries.ts";
import { AutoscalerAnswer, PutAutoscalerBody } from "./schemas.ts";

const PATH = "/v1/ops/autoscaler";

/** Shows the autoscaler, and turns it on, dry or off. */
export function autoscalerRoutes(app: App, { admin, monitor }: Ops): void {
  app.route({
    method: "GET",
    url: PATH,
    config: { scope: "ops:read" },
    schema: {
      summary: "Read the autoscaler's mode",
      description: "And which instance of ops acts.",
      tags: ["Autoscaler"],
      response: { 200: AutoscalerAnswer },
    },
    handler: () => findAutoscaler(monitor),
  });

  app.route({
    method: "PUT",
    url: PATH,
    config: { scope: "ops:write" },
    schema: {
      summary: "Turn the autoscaler on, dry or off",
      description:
        "Effective with its next look, at every instance. Sizes stay as they are; changes that people ask for are tried in every mode.",
      tags: ["Autoscaler"],
      body: PutAutoscalerBody,
      response: { 200: AutoscalerAnswer },
    },
    handler: ({ body, principal }) => setMode(admin, body.mode, `key:${principal.keyId}`),
  });
}
