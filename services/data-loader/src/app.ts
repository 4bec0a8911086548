import type { Verifier } from "@sluice/auth";
import { type App, buildServer, type Quotas, stringifyJson } from "@sluice/http";
import type { Logger, Tracing } from "@sluice/telemetry";
import { Counter, type Registry } from "prom-client";
import type { Background } from "./background/background.ts";
import type { DataLoader, Queryable, TransactionalDatabase } from "./data-loader.ts";
import { datasetRoutes } from "./datasets/routes.ts";
import { partRoutes } from "./imports/routes.ts";
import type { OperationRunner } from "./operations/operation-runner.ts";
import { operationRoutes } from "./operations/routes.ts";
import { Plans } from "./plans/plans.ts";
import { planRoutes } from "./plans/routes.ts";
import { stepRoutes } from "./plans/step-routes.ts";
import { lookUpRoutes } from "./samples/look-up-routes.ts";
import { pageRoutes } from "./samples/page-routes.ts";
import { purgeForsaken } from "./segments/janitor.ts";
import { selectionRoutes } from "./selections/routes.ts";
import { Layouts } from "./versions/layouts.ts";
import { versionOperationRoutes } from "./versions/operation-routes.ts";
import { versionRoutes } from "./versions/routes.ts";

export const SERVICE = "data-loader";

const JANITOR_PAUSE_MS = 60_000;
const ADOPT_PAUSE_MS = 5_000;

export interface DataLoaderDeps {
  readonly sampleDb: Queryable;
  readonly importDb: TransactionalDatabase;
  readonly verifier: Pick<Verifier, "authenticate" | "resolveProject">;
  readonly quotas: Quotas;
  readonly background: Pick<Background, "start" | "repeat">;
  readonly operations: Pick<OperationRunner, "start" | "adopt">;
  readonly logger: Logger;
  readonly registry: Registry;
  /** @default nothing is traced */
  readonly tracing?: Tracing | undefined;
}

/** The service's routes over what was opened for it; opens and closes nothing itself. */
export function buildApp({
  sampleDb,
  importDb,
  verifier,
  quotas,
  background,
  operations,
  logger,
  registry,
  tracing,
}: DataLoaderDeps): App {
  const app = buildServer({
    service: SERVICE,
    logger,
    registry,
    tracing,
    title: "Sluice data loader",
    version: "1",
    authenticate: (request, scope) => verifier.authenticate(request, scope),
    quotas,
    // 120 jobs of 20 workers may all come at once, and come back at once after an outage.
    admission: { burst: 5_000 },
  });
  // Ordinals and counts come from the database as 64-bit integers.
  app.setSerializerCompiler(() => stringifyJson);
  app.addHook("onListen", async () => {
    background.repeat("purge-forsaken", JANITOR_PAUSE_MS, () => purgeForsaken(importDb));
    background.repeat("adopt-operations", ADOPT_PAUSE_MS, () => operations.adopt());
  });
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
    background,
    operations,
    projectOf: (request, name) => verifier.resolveProject(request.principal, name),
  };
  datasetRoutes(app, api);
  versionRoutes(app, api);
  planRoutes(app, api);
  stepRoutes(app, api);
  lookUpRoutes(app, api);
  pageRoutes(app, api);
  versionOperationRoutes(app, api);
  selectionRoutes(app, api);
  partRoutes(app, api);
  operationRoutes(app, api);
  return app;
}
