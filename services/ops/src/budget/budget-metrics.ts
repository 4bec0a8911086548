import { Gauge, type Registry } from "prom-client";
import type { LiveBudget } from "./budget.ts";

/** Registers the share of each side's limit that is in use. `read` answers undefined while nothing has been seen. */
export function registerBudgetMetric(registry: Registry, read: () => LiveBudget | undefined): void {
  new Gauge({
    name: "connection_budget_used_ratio",
    help: "Connections in use of those that the budget allows: clients of PgBouncer, sessions of PostgreSQL",
    labelNames: ["side"],
    registers: [registry],
    collect() {
      const budget = read();
      if (budget === undefined) return;
      this.set({ side: "client" }, budget.client.used_ratio);
      this.set({ side: "server" }, budget.server.used_ratio);
    },
  });
}
