import type { Verifier } from "@sluice/auth";
import { type App, buildServer, type Quotas } from "@sluice/http";
import type { Logger, Tracing } from "@sluice/telemetry";
import type { Registry } from "prom-client";
import { auditRoutes } from "./audit/routes.ts";
import { alertRoutes } from "./alerts/routes.ts";
import { autoscalerRoutes } from "./autoscaler/routes.ts";
import { budgetRoutes } from "./budget/routes.ts";
import { configChangeRoutes } from "./config-changes/routes.ts";
import { databaseRoutes } from "./database/routes.ts";
import { gateRoutes } from "./gates/routes.ts";
import { poolRoutes } from "./pools/routes.ts";
import { keyRoutes } from "./keys/routes.ts";
import { maintenanceRoutes } from "./maintenance/routes.ts";
import type { Ops } from "./ops.ts";
import { projectRoutes } from "./projects/routes.ts";
import { quotaRoutes } from "./quotas/routes.ts";
import { scalingEventRoutes } from "./scaling-events/routes.ts";
import { systemRoutes } from "./system/routes.ts";
import { tenantRoutes } from "./tenants/routes.ts";

export const SERVICE = "ops";

export interface OpsDeps extends Ops {
  readonly verifier: Pick<Verifier, "authenticate">;
  readonly quotas: Quotas;
  readonly logger: Logger;
  readonly registry: Registry;
  /** @default nothing is traced */
  readonly tracing?: Tracing | undefined;
}

/** The service's routes over what was opened for it; opens and closes nothing itself. */
export function buildApp(deps: OpsDeps): App {
  const { verifier, quotas, logger, registry, tracing } = deps;
  const app = buildServer({
    service: SERVICE,
    logger,
    registry,
    tracing,
    title: "Sluice operations",
    version: "1",
    authenticate: (request, scope) => verifier.authenticate(request, scope),
    quotas,
  });
  tenantRoutes(app, deps);
  projectRoutes(app, deps);
  keyRoutes(app, deps);
  quotaRoutes(app, deps);
  auditRoutes(app, deps);
  systemRoutes(app, deps);
  databaseRoutes(app, deps);
  poolRoutes(app, deps);
  gateRoutes(app, deps);
  budgetRoutes(app, deps);
  alertRoutes(app, deps);
  autoscalerRoutes(app, deps);
  scalingEventRoutes(app, deps);
  configChangeRoutes(app, deps);
  maintenanceRoutes(app, deps);
  return app;
}
