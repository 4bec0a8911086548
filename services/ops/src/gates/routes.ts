import type { App } from "@sluice/http";
import type { Ops } from "../ops.ts";
import { describeSample } from "../samples/schemas.ts";
import { GatesAnswer } from "./schemas.ts";

/** What the services' processes and their gates do. */
export function gateRoutes(app: App, { watch }: Ops): void {
  app.route({
    method: "GET",
    url: "/v1/ops/gates",
    config: { scope: "ops:read" },
    schema: {
      summary: "The services' processes and their gates",
      description: "Looked at every second; rates are since the look before.",
      tags: ["Gates"],
      response: { 200: GatesAnswer },
    },
    handler: () => {
      const sample = watch.instances.latest();
      const items = sample.value.instances.map((instance) => ({
        ...instance,
        gates: [...instance.gates],
      }));
      return { ...describeSample(sample), items };
    },
  });
}
