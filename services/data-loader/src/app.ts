import type { TenantQuotas, Verifier } from "@sluice/auth";
import { type App, buildServer, stringifyJson } from "@sluice/http";
import type { Logger } from "@sluice/telemetry";
import type { Registry } from "prom-client";
import { Background } from "./background/background.ts";
import type { DataLoader, Queryable, TransactionalDatabase } from "./data-loader.ts";
import { datasetRoutes } from "./datasets/routes.ts";
import { partRoutes } from "./imports/routes.ts";
import { OperationRunner } from "./operations/operation-runner.ts";
import { operationRoutes } from "./operations/routes.ts";
import { purgeForsaken } from "./segments/janitor.ts";
import { versionOperations } from "./versions/operations.ts";
import { versionOperationRoutes } from "./versions/operation-routes.ts";
import { versionRoutes } from "./versions/routes.ts";

export const SERVICE = "data-loader";

const JANITOR_PAUSE_MS = 60_000;

export interface DataLoaderDeps {
  readonly sampleDb: Queryable;
  readonly importDb: TransactionalDatabase;
  readonly verifier: Pick<Verifier, "authenticate" | "resolveProject">;
  readonly quotas: Pick<TenantQuotas, "admit">;
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
  });
  // Ordinals and counts come from the database as 64-bit integers.
  app.setSerializerCompiler(() => stringifyJson);
  const background = new Background(logger);
  const works = versionOperations(importDb);
  const operations = new OperationRunner({ db: importDb, background, logger, works });
  app.addHook("onListen", async () => {
    background.repeat("purge-forsaken", JANITOR_PAUSE_MS, () => purgeForsaken(importDb));
    background.repeat("adopt-operations", JANITOR_PAUSE_MS, () => operations.adopt());
  });
  app.addHook("onClose", () => background.close());
  const api: DataLoader = {
    sampleDb,
    importDb,
    background,
    operations,
    projectOf: (request, name) => verifier.resolveProject(request.principal, name),
  };
  datasetRoutes(app, api);
  versionRoutes(app, api);
  versionOperationRoutes(app, api);
  partRoutes(app, api);
  operationRoutes(app, api);
  return app;
}
