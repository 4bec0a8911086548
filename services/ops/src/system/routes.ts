import type { App } from "@sluice/http";
import type { Ops } from "../ops.ts";
import { describeSample } from "../samples/schemas.ts";
import { SystemAnswer } from "./schemas.ts";

/** What the machine does. */
export function systemRoutes(app: App, { watch }: Ops): void {
  app.route({
    method: "GET",
    url: "/v1/ops/system",
    config: { scope: "ops:read" },
    schema: {
      summary: "CPU, load, memory and disk of the machine",
      description: "Looked at every ten seconds.",
      tags: ["System"],
      response: { 200: SystemAnswer },
    },
    handler: () => {
      const sample = watch.system.latest();
      const { cpuMs: _, load, ...rest } = sample.value;
      return { ...describeSample(sample), ...rest, load: [...load] };
    },
  });
}
