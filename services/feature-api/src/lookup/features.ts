import { SluiceError } from "@sluice/errors";
import { MAX_LISTED } from "../faults.ts";
import type { FeatureView, Field } from "../views/view.ts";
import type { ViewCatalog } from "../views/view-catalog.ts";

/** A feature by its names. */
export interface FeatureName {
  readonly view: string;
  readonly feature: string;
}

/** A feature, ready to be read. */
export interface Feature {
  readonly view: FeatureView;
  readonly field: Field;
}

/**
 * Looks features up, in order. A name that the catalog does not know is looked for in the database before it is refused.
 * @throws SluiceError FEATURE_VIEW_NOT_FOUND, UNKNOWN_FEATURE
 */
export async function resolveFeatures(
  catalog: ViewCatalog,
  projectId: string,
  names: readonly FeatureName[],
): Promise<Feature[]> {
  const viewNames = [...new Set(names.map(({ view }) => view))];
  const known = match(names, await catalog.getAll(projectId, viewNames));
  if (known.unknown.length === 0) return known.features;
  catalog.forget(projectId, [...new Set(known.unknown.map(({ view }) => view))]);
  const reread = match(names, await catalog.getAll(projectId, viewNames));
  if (reread.unknown.length > 0) throw unknownFeature(reread.unknown);
  return reread.features;
}

function match(
  names: readonly FeatureName[],
  views: readonly FeatureView[],
): { features: Feature[]; unknown: FeatureName[] } {
  const byName = new Map(views.map((view) => [view.name, view]));
  const features: Feature[] = [];
  const unknown: FeatureName[] = [];
  for (const name of names) {
    const view = byName.get(name.view) as FeatureView;
    const field = view.features.get(name.feature);
    if (field === undefined) unknown.push(name);
    else features.push({ view, field });
  }
  return { features, unknown };
}

function unknownFeature(unknown: readonly FeatureName[]): SluiceError {
  const features = unknown.slice(0, MAX_LISTED).map(({ view, feature }) => `${view}:${feature}`);
  const detail = `There is no feature ${features.join(", ")}. GET …/feature-views/{view} lists the features of a view.`;
  return new SluiceError("UNKNOWN_FEATURE", detail, { extra: { features } });
}
