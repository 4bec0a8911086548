import { setImmediate } from "node:timers/promises";
import { SluiceError } from "@sluice/errors";
import { currentContext } from "@sluice/telemetry";
import { Faults } from "../faults.ts";
import type { FeatureView } from "../views/view.ts";
import { AnswerSize } from "./answer-size.ts";
import { type EntityColumns, parseEntityColumns } from "./entity-columns.ts";
import { featureColumn, joinKeyColumn, judgeRows, type ServedRows } from "./feast-columns.ts";
import { type Feature, type FeatureName, resolveFeatures } from "./features.ts";
import { inTurn } from "./in-turn.ts";
import type { FoundRows } from "./queries.ts";
import type { LookUpDeps } from "./single-look-up.ts";

/** Keeps one answer to some 50 MB and its assembly well under a second. */
const MAX_VALUES = 1_000_000;
/** Encoding so many takes about half a millisecond. */
const PIECE_VALUES = 1_000;

export interface BatchRequest {
  readonly features: readonly FeatureName[];
  readonly entities: Readonly<Record<string, readonly unknown[]>>;
  /** Output names `view__feature` instead of `feature`. */
  readonly fullFeatureNames: boolean;
  readonly includeStale: boolean;
}

/**
 * Features of many entities as the JSON text of Feast's columnar answer, by one statement whatever the number of views.
 * @throws SluiceError FEATURE_VIEW_NOT_FOUND, UNKNOWN_FEATURE, TOO_MANY_ROWS, VALIDATION_FAILED
 */
export async function lookUpMany(
  deps: LookUpDeps,
  project: { projectId: string; name: string },
  request: BatchRequest,
): Promise<string> {
  const features = await resolveFeatures(deps.catalog, project.projectId, request.features);
  const views = [...new Set(features.map(({ view }) => view))];
  const entities = parseEntityColumns(request.entities, views);
  const names = outputNames(entities, features, request.fullFeatureNames);
  checkSize(entities.rows * features.length);
  const wanted = [...entities.named].map(([{ viewId }, { keys }]) => ({
    viewId,
    entityKeys: keys,
  }));
  const found = await deps.read.many(project.projectId, wanted);
  const signal = currentContext()?.signal;
  return inTurn(project.projectId, async () => {
    signal?.throwIfAborted();
    const judging = { nowMs: deps.now(), includeStale: request.includeStale };
    const served = judgeViews(entities, found, judging);
    const results = await encodeColumns(entities, features, served);
    for (const [view, { ages, counts }] of served)
      deps.served.record(project.name, view.name, ages, counts);
    return `{"metadata":{"feature_names":${JSON.stringify(names)}},"results":[${results.join()}]}`;
  });
}

function judgeViews(
  { named }: EntityColumns,
  found: readonly FoundRows[],
  judging: { nowMs: number; includeStale: boolean },
): Map<FeatureView, ServedRows> {
  const served = new Map<FeatureView, ServedRows>();
  for (const [index, [view, { rowKeys }]] of [...named].entries()) {
    const rows = rowKeys.map((key) => found[index]?.get(key));
    served.set(view, judgeRows(view, rows, judging));
  }
  return served;
}

/** The elements of Feast's `results`. Between two pieces the process looks for what else there is to do. */
async function encodeColumns(
  { rows, joinKeys }: EntityColumns,
  features: readonly Feature[],
  served: ReadonlyMap<FeatureView, ServedRows>,
): Promise<string[]> {
  const size = new AnswerSize();
  const columns = joinKeys.map(({ field, values }) => joinKeyColumn(field, values));
  let since = 0;
  for (const { view, field } of features) {
    columns.push(featureColumn(field, served.get(view) as ServedRows, size));
    since += rows;
    if (since < PIECE_VALUES) continue;
    since = 0;
    await setImmediate();
  }
  return columns;
}

/** Join keys in request order, then features in request order. @throws SluiceError VALIDATION_FAILED when two are alike */
function outputNames(
  { joinKeys }: EntityColumns,
  features: readonly Feature[],
  full: boolean,
): string[] {
  const faults = new Faults();
  const names = new Set(joinKeys.map(({ field }) => field.name));
  for (const [index, { view, field }] of features.entries()) {
    const name = full ? `${view.name}__${field.name}` : field.name;
    if (names.has(name)) {
      faults.add(
        `features[${index}]`,
        `a column "${name}" is there already; ask once, or set full_feature_names`,
      );
    }
    names.add(name);
  }
  faults.throwIfAny();
  return [...names];
}

function checkSize(values: number): void {
  if (values <= MAX_VALUES) return;
  const detail = `The request asks for ${values} values (rows × features); one call takes ${MAX_VALUES}. Split it.`;
  throw new SluiceError("TOO_MANY_ROWS", detail, { extra: { limit: MAX_VALUES } });
}
