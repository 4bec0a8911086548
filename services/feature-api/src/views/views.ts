import { checkDefinition, explainRefusal, keptFeatures, MAX_FEATURES } from "./definition.ts";
import { type Queryable, upsertView } from "./queries.ts";
import { type Definition, type FeatureView, toView } from "./view.ts";
import type { ViewCatalog } from "./view-catalog.ts";

export interface PutView {
  readonly view: FeatureView;
  readonly created: boolean;
  /** Features that the view had before and the definition leaves out. */
  readonly kept: readonly string[];
}

/** Makes a view or adds features to it. @throws SluiceError FEATURE_TYPE_CHANGED, VALIDATION_FAILED */
export async function putView(
  db: Queryable,
  catalog: ViewCatalog,
  projectId: string,
  name: string,
  definition: Definition,
): Promise<PutView> {
  checkDefinition(definition);
  const row = await upsertView(db, projectId, name, definition, MAX_FEATURES);
  if (row === undefined) {
    catalog.forget(projectId, [name]);
    throw explainRefusal(await catalog.get(projectId, name), definition);
  }
  const view = toView(row);
  catalog.set(view);
  return { view, created: row.created, kept: keptFeatures(view, definition) };
}
