import type { App } from "@sluice/http";
import type { Ops } from "../ops.ts";
import { describeSample } from "../samples/schemas.ts";
import { PoolsAnswer } from "./schemas.ts";

/** What PgBouncer's pools do. */
export function poolRoutes(app: App, { watch }: Ops): void {
  app.route({
    method: "GET",
    url: "/v1/ops/pools",
    config: { scope: "ops:read" },
    schema: {
      summary: "PgBouncer's pools by workload",
      description:
        "Looked at every second, at sizes and counts of clients every five; rates and means are since the look before.",
      tags: ["Pools"],
      response: { 200: PoolsAnswer },
    },
    handler: () => {
      const sample = watch.pools.latest();
      const { pools, poolers } = sample.value;
      return { ...describeSample(sample), poolers: [...poolers], items: [...pools] };
    },
  });
}
