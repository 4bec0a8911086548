import type { App } from "@sluice/http";
import type { Ops } from "../ops.ts";
import { type LiveSide, liveBudget } from "./budget.ts";
import { BudgetAnswer } from "./schemas.ts";

/** The connection budget. */
export function budgetRoutes(app: App, { watch, profile }: Ops): void {
  app.route({
    method: "GET",
    url: "/v1/ops/budget",
    config: { scope: "ops:read" },
    schema: {
      summary: "The connection budget, proved and live",
      description:
        "That the connections suffice follows from workloads.yaml; how many are used is looked at.",
      tags: ["Budget"],
      response: { 200: BudgetAnswer },
    },
    handler: () => {
      const pools = watch.pools.latest().value;
      const budget = liveBudget(profile, pools, watch.database.latest().value);
      const { client, server } = budget;
      return {
        profile: profile.name,
        ok: budget.ok,
        client: render(client),
        server: { ...render(server), direct: server.direct },
      };
    },
  });
}

function render({ terms, used, limit, limitBecause, ok, in_use, used_ratio }: LiveSide) {
  const margin = limit - used;
  return {
    terms: [...terms],
    used,
    limit,
    limit_because: limitBecause,
    margin,
    ok,
    in_use,
    used_ratio,
  };
}
