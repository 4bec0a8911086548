import type { TenantQuotas, Verifier } from "@sluice/auth";
import { type App, buildServer, stringifyJson } from "@sluice/http";
import type { Logger } from "@sluice/telemetry";
import type { Registry } from "prom-client";
import { attemptRoutes } from "./attempts/routes.ts";
import { claimRoutes } from "./claims/routes.ts";
import { deadLetterRoutes } from "./dead-letters/routes.ts";
import { orderRoutes } from "./jobs/order-routes.ts";
import { jobRoutes } from "./jobs/routes.ts";
import type { TrainingManager } from "./training-manager.ts";
import type { TransactionalDatabase } from "./transitions/queries.ts";
import { countTransitions } from "./transitions/transition-metrics.ts";
import { webhookRoutes } from "./webhooks/routes.ts";

export const SERVICE = "training-manager";

export interface TrainingManagerDeps {
  readonly db: TransactionalDatabase;
  readonly verifier: Pick<Verifier, "authenticate" | "resolveProject">;
  readonly quotas: Pick<TenantQuotas, "admit">;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Whether webhooks may have private addresses. @default false */
  readonly allowPrivateWebhooks?: boolean;
}

/** The service's routes over what was opened for it; opens and closes nothing itself. */
export function buildApp({
  db,
  verifier,
  quotas,
  logger,
  registry,
  allowPrivateWebhooks = false,
}: TrainingManagerDeps): App {
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
    announce: countTransitions(registry),
    projectOf: (request, name) => verifier.resolveProject(request.principal, name),
  };
  jobRoutes(app, api);
  orderRoutes(app, api);
  attemptRoutes(app, api);
  claimRoutes(app, api);
  webhookRoutes(app, api, allowPrivateWebhooks);
  deadLetterRoutes(app, api);
  return app;
}
