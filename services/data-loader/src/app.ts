import type { TenantQuotas, Verifier } from "@sluice/auth";
import { type App, buildServer, stringifyJson } from "@sluice/http";
import type { Logger } from "@sluice/telemetry";
import { Counter, type Registry } from "prom-client";
import type { DataLoader, Queryable, TransactionalDatabase } from "./data-loader.ts";
import { datasetRoutes } from "./datasets/routes.ts";
import { Plans } from "./plans/plans.ts";
import { planRoutes } from "./plans/routes.ts";
import { stepRoutes } from "./plans/step-routes.ts";
import { lookUpRoutes } from "./samples/look-up-routes.ts";
import { pageRoutes } from "./samples/page-routes.ts";
import { Layouts } from "./versions/layouts.ts";
import { versionRoutes } from "./versions/routes.ts";

export const SERVICE = "data-loader";

export interface DataLoaderDeps {
  readonly sampleDb: Queryable;
  readonly importDb: TransactionalDatabase;
  readonly verifier: Pick<Verifier, "authenticate" | "resolveProject">;
  readonly quotas: Pick<TenantQuotas, "admit" | "tenantOf">;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** The service's routes over what was opened for it; opens and closes nothing itself. */
export function buildApp({
  sampleDb,
  importDb,
  verifier,
  quotas,
  logger,
  registry,
}: DataLoaderDeps): App {
  const app = buildServer({
    service: SERVICE,
    logger,
    registry,
    title: "Sluice data loader",
    version: "1",
    authenticate: (request, scope) => verifier.authenticate(request, scope),
    limit: (principal) => quotas.admit(principal),
    tenantOf: (headers) => quotas.tenantOf(headers),
    // 120 jobs of 20 workers may all come at once, and come back at once after an outage.
    admission: { burst: 5_000 },
  });
  // Ordinals and counts come from the database as 64-bit integers.
  app.setSerializerCompiler(() => stringifyJson);
  const api: DataLoader = {
    sampleDb,
    importDb,
    layouts: new Layouts(sampleDb),
    plans: new Plans(sampleDb),
    served: new Counter({
      name: "samples_served_total",
      help: "Samples that went out",
      registers: [registry],
    }),
    projectOf: (request, name) => verifier.resolveProject(request.principal, name),
  };
  datasetRoutes(app, api);
  versionRoutes(app, api);
  planRoutes(app, api);
  stepRoutes(app, api);
  lookUpRoutes(app, api);
  pageRoutes(app, api);
  return app;
}
