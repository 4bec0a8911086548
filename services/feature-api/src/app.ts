import type { Verifier } from "@sluice/auth";
import { type App, buildServer, type Quotas } from "@sluice/http";
import type { Logger, Tracing } from "@sluice/telemetry";
import type { Registry } from "prom-client";
import { healthRoute } from "./feast/health-route.ts";
import type { FeatureApi } from "./feature-api.ts";
import { serviceRoutes } from "./feature-services/routes.ts";
import { openServiceCatalog } from "./feature-services/service-catalog.ts";
import type { EntityReader } from "./lookup/read-entities.ts";
import { lookUpRoutes } from "./lookup/routes.ts";
import { ServedMetrics } from "./lookup/served-metrics.ts";
import { pushRoutes } from "./push/routes.ts";
import type { Queryable } from "./views/queries.ts";
import { viewRoutes } from "./views/routes.ts";
import { openViewCatalog } from "./views/view-catalog.ts";

export const SERVICE = "feature-api";

export interface FeatureApiDeps {
  readonly db: Queryable;
  readonly read: EntityReader;
  readonly verifier: Pick<Verifier, "authenticate" | "resolveProject">;
  readonly quotas: Quotas;
  readonly logger: Logger;
  readonly registry: Registry;
  /** @default nothing is traced */
  readonly tracing?: Tracing | undefined;
}

/** The service's routes over what was opened for it; opens and closes nothing itself. */
export function buildApp({
  db,
  read,
  verifier,
  quotas,
  logger,
  registry,
  tracing,
}: FeatureApiDeps): App {
  const app = buildServer({
    service: SERVICE,
    logger,
    registry,
    tracing,
    title: "Sluice feature API",
    version: "1",
    authenticate: (request, scope) => verifier.authenticate(request, scope),
    quotas,
  });
  const api: FeatureApi = {
    db,
    catalog: openViewCatalog(db),
    services: openServiceCatalog(db),
    read,
    served: new ServedMetrics(registry),
    now: Date.now,
    projectOf: (request, name) => verifier.resolveProject(request.principal, name),
  };
  viewRoutes(app, api);
  serviceRoutes(app, api);
  lookUpRoutes(app, api);
  pushRoutes(app, api);
  healthRoute(app, api);
  return app;
}
