import type { TenantQuotas, Verifier } from "@sluice/auth";
import { type App, buildServer, stringifyJson } from "@sluice/http";
import type { Logger } from "@sluice/telemetry";
import type { Registry } from "prom-client";
import { attemptRoutes } from "./attempts/routes.ts";
import { claimRoutes } from "./claims/routes.ts";
import { orderRoutes } from "./jobs/order-routes.ts";
import { jobRoutes } from "./jobs/routes.ts";
import type { TrainingManager } from "./training-manager.ts";
import type { TransactionalDatabase } from "./transitions/queries.ts";
import { countTransitions } from "./transitions/transition-metrics.ts";

export const SERVICE = "training-manager";

export interface TrainingManagerDeps {
  readonly db: TransactionalDatabase;
  readonly verifier: Pick<Verifier, "authenticate" | "resolveProject">;
  readonly quotas: Pick<TenantQuotas, "admit" | "tenantOf">;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** The service's routes over what was opened for it; opens and closes nothing itself. */
export function buildApp({ db, verifier, quotas, logger, registry }: TrainingManagerDeps): App {
  const app = buildServer({
    service: SERVICE,
    logger,
    registry,
    title: "Sluice training manager",
    version: "1",
    authenticate: (request, scope) => verifier.authenticate(request, scope),
    limit: (principal) => quotas.admit(principal),
    tenantOf: (headers) => quotas.tenantOf(headers),
    // 120 jobs of 20 workers may all come at once, and come back at once after an outage.
    admission: { burst: 5_000 },
  });
  // A spec's integers, and steps, may be beyond what a double holds.
  app.setSerializerCompiler(() => stringifyJson);
  const api: TrainingManager = {
    db,
    announce: countTransitions(registry),
    projectOf: (request, name) => verifier.resolveProject(request.principal, name),
  };
  jobRoutes(app, api);
  orderRoutes(app, api);
  attemptRoutes(app, api);
  claimRoutes(app, api);
  return app;
}
