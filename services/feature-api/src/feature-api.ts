import type { Project } from "@sluice/auth";
import type { FastifyRequest } from "fastify";
import type { LookUpDeps } from "./lookup/single-look-up.ts";
import type { ServiceCatalog } from "./feature-services/service-catalog.ts";
import type { Queryable } from "./views/queries.ts";

/** What the routes work with. */
export interface FeatureApi extends LookUpDeps {
  readonly db: Queryable;
  readonly services: ServiceCatalog;
  /** The project of a request's path. @throws SluiceError PROJECT_NOT_FOUND unless the request's key may act in it */
  readonly projectOf: (request: FastifyRequest, name: string) => Promise<Project>;
}
