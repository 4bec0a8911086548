import { SluiceError } from "@sluice/errors";
import { Catalog } from "../catalog.ts";
import { MAX_LISTED } from "../faults.ts";
import { findViews, type Queryable } from "./queries.ts";
import { type FeatureView, toView } from "./view.ts";

/** Feature views by name. Throws FEATURE_VIEW_NOT_FOUND for those that do not exist. */
export type ViewCatalog = Catalog<FeatureView>;

export function openViewCatalog(db: Queryable): ViewCatalog {
  return new Catalog({
    load: async (projectId, names) => (await findViews(db, projectId, names)).map(toView),
    notFound,
  });
}

function notFound(missing: readonly string[]): SluiceError {
  const names = missing.slice(0, MAX_LISTED);
  const listed = names.map((name) => `"${name}"`).join(", ");
  const detail = `The project has no feature view ${listed}. Make it with PUT …/feature-views/{view}, or correct the name.`;
  return new SluiceError("FEATURE_VIEW_NOT_FOUND", detail, { extra: { feature_views: names } });
}
