import { SluiceError } from "@sluice/errors";
import { Catalog } from "../catalog.ts";
import type { Queryable } from "../views/queries.ts";
import { findServices, type ServiceRow } from "./queries.ts";

/** A named list of features that a model asks for together. */
export interface FeatureService {
  readonly projectId: string;
  readonly name: string;
  /** `view:feature` */
  readonly features: readonly string[];
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Feature services by name. Throws FEATURE_SERVICE_NOT_FOUND for those that do not exist. */
export type ServiceCatalog = Catalog<FeatureService>;

export function openServiceCatalog(db: Queryable): ServiceCatalog {
  return new Catalog({
    load: async (projectId, names) => (await findServices(db, projectId, names)).map(toService),
    notFound: ([name]) =>
      new SluiceError(
        "FEATURE_SERVICE_NOT_FOUND",
        `The project has no feature service "${name}". Make it with PUT …/feature-services/{name}, or correct the name.`,
      ),
  });
}

export function toService({
  project_id,
  name,
  features,
  created_at,
  updated_at,
}: ServiceRow): FeatureService {
  return { projectId: project_id, name, features, createdAt: created_at, updatedAt: updated_at };
}
