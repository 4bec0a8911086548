import type { Verifier } from "@sluice/auth";
import { coalesceMeter } from "@sluice/coalesce";
import { type App, buildServer, type Quotas, stringifyJson } from "@sluice/http";
import type { Logger, Tracing } from "@sluice/telemetry";
import type { Registry } from "prom-client";
import { attemptRoutes } from "./attempts/routes.ts";
import { ClaimLines } from "./claims/claim-lines.ts";
import { claimRoutes } from "./claims/routes.ts";
import { deadLetterRoutes } from "./dead-letters/routes.ts";
import { Followers } from "./events/followers.ts";
import { eventRoutes } from "./events/routes.ts";
import { beatWriter } from "./heartbeats/beat-writer.ts";
import { heartbeatMeter } from "./heartbeats/heartbeat-metrics.ts";
import { heartbeatRoutes } from "./heartbeats/routes.ts";
import type { Hints } from "./hints/hints.ts";
import { orderRoutes } from "./jobs/order-routes.ts";
import { jobRoutes } from "./jobs/routes.ts";
import type { Announce, TrainingManager } from "./training-manager.ts";
import type { TransactionalDatabase } from "./transitions/queries.ts";
import { webhookRoutes } from "./webhooks/routes.ts";

export const SERVICE = "training-manager";

export interface TrainingManagerDeps {
  readonly db: TransactionalDatabase;
  readonly announce: Announce;
  readonly verifier: Pick<Verifier, "authenticate" | "resolveProject">;
  readonly quotas: Quotas;
  readonly hints: Pick<Hints, "listen">;
  readonly logger: Logger;
  readonly registry: Registry;
  /** @default nothing is traced */
  readonly tracing?: Tracing | undefined;
  /** Whether webhooks may have private addresses. @default false */
  readonly allowPrivateWebhooks?: boolean;
}

/** The service's routes over what was opened for it; opens and closes nothing itself. */
export function buildApp(deps: TrainingManagerDeps): App {
  const { db, announce, hints, verifier, quotas, logger, registry, tracing } = deps;
  const app = buildServer({
    service: SERVICE,
    logger,
    registry,
    tracing,
    title: "Sluice training manager",
    version: "1",
    authenticate: (request, scope) => verifier.authenticate(request, scope),
    quotas,
    // 120 jobs of 20 workers may all come at once, and come back at once after an outage.
    admission: { burst: 5_000 },
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
  const lines = new ClaimLines(registry);
  claimRoutes(app, api, lines);
  const followers = new Followers(registry);
  eventRoutes(app, api, followers);
  for (const waiting of [lines, followers]) {
    hints.listen(waiting);
    // Who waits would otherwise hold the shutdown up for as long as requests in flight may take.
    app.addHook("preClose", async () => waiting.close());
  }
  const write = beatWriter(db, coalesceMeter(registry, "heartbeat"));
  heartbeatRoutes(app, api, write, heartbeatMeter(registry));
  webhookRoutes(app, api, deps.allowPrivateWebhooks ?? false);
  deadLetterRoutes(app, api);
  return app;
}
