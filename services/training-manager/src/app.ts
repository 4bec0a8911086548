import type { TenantQuotas, Verifier } from "@sluice/auth";
import { coalesceMeter } from "@sluice/coalesce";
import { type App, buildServer, stringifyJson } from "@sluice/http";
import type { Logger } from "@sluice/telemetry";
import type { Registry } from "prom-client";
import { attemptRoutes } from "./attempts/routes.ts";
import { claimRoutes } from "./claims/routes.ts";
import { beatWriter } from "./heartbeats/beat-writer.ts";
import { heartbeatMeter } from "./heartbeats/heartbeat-metrics.ts";
import { heartbeatRoutes } from "./heartbeats/routes.ts";
import { orderRoutes } from "./jobs/order-routes.ts";
import { jobRoutes } from "./jobs/routes.ts";
import type { Announce, TrainingManager } from "./training-manager.ts";
import type { TransactionalDatabase } from "./transitions/queries.ts";

export const SERVICE = "training-manager";

export interface TrainingManagerDeps {
  readonly db: TransactionalDatabase;
  readonly announce: Announce;
  readonly verifier: Pick<Verifier, "authenticate" | "resolveProject">;
  readonly quotas: Pick<TenantQuotas, "admit">;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** The service's routes over what was opened for it; opens and closes nothing itself. */
export function buildApp(deps: TrainingManagerDeps): App {
  const { db, announce, verifier, quotas, logger, registry } = deps;
  const app = buildServer({
    service: SERVICE,
    logger,
    registry,
    title: "Sluice training manager",
    version: "1",
    authenticate: (request, scope) => verifier.authenticate(request, scope),
    limit: (principal) => quotas.admit(principal),
  });
  // A spec's integers, and steps, may be beyond what a double holds.
  app.setSerializerCompiler(() => stringifyJson);
  const api: TrainingManager = {
    db,
    announce,
    projectOf: (request, name) => verifier.resolveProject(request.principal, name),
  };
  jobRoutes(app, api);
  orderRoutes(app, api);
  attemptRoutes(app, api);
  claimRoutes(app, api);
  const write = beatWriter(db, coalesceMeter(registry, "heartbeat"));
  heartbeatRoutes(app, api, write, heartbeatMeter(registry));
  return app;
}
