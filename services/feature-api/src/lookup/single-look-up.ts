import { SluiceError } from "@sluice/errors";
import { Faults } from "../faults.ts";
import type { Stored } from "../values/codec.ts";
import type { FeatureView } from "../views/view.ts";
import type { ViewCatalog } from "../views/view-catalog.ts";
import { entityKey } from "./entity-key.ts";
import { type Feature, resolveFeatures } from "./features.ts";
import { ageSeconds, isExpired } from "./freshness.ts";
import type { EntityRow } from "./queries.ts";
import type { EntityReader } from "./read-entities.ts";
import { noStatuses, type ServedMetrics, type Status } from "./served-metrics.ts";
import { storedValue } from "./stored-value.ts";

/** What look-ups work with. */
export interface LookUpDeps {
  readonly catalog: ViewCatalog;
  readonly read: EntityReader;
  readonly served: ServedMetrics;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface SingleRequest {
  readonly view: string;
  /** The join key values in the view's order, as decoded from the path. */
  readonly keys: readonly string[];
  /** All features of the view when undefined. */
  readonly features: readonly string[] | undefined;
  readonly includeStale: boolean;
}

/** An entity as a request names it. */
export interface NamedEntity {
  readonly values: readonly Stored[];
  readonly key: string;
}

/**
 * One entity's features as JSON text.
 * @throws SluiceError FEATURE_VIEW_NOT_FOUND, UNKNOWN_FEATURE, VALIDATION_FAILED, ENTITY_NOT_FOUND
 */
export async function lookUpOne(
  { catalog, read, served, now }: LookUpDeps,
  project: { projectId: string; name: string },
  request: SingleRequest,
): Promise<string> {
  const view = await catalog.get(project.projectId, request.view);
  const features = await featuresOf(catalog, view, request.features);
  const entity = parsePathKeys(view, request.keys);
  const row = await read.one(project.projectId, { viewId: view.viewId, entityKey: entity.key });
  const counts = noStatuses();
  if (row === undefined) {
    counts.NOT_FOUND = features.length;
    served.record(project.name, view.name, [], counts);
    throw entityNotFound(view, entity);
  }
  const age = ageSeconds(row.event_time, now());
  const status = isExpired(view, age) ? "OUTSIDE_MAX_AGE" : "PRESENT";
  for (const { field } of features) counts[valueStatus(status, storedValue(row, field.name))] += 1;
  served.record(project.name, view.name, [age], counts);
  return encode(view, entity, features, row, status, request.includeStale);
}

async function featuresOf(
  catalog: ViewCatalog,
  view: FeatureView,
  names: readonly string[] | undefined,
): Promise<Feature[]> {
  if (names === undefined) return [...view.features.values()].map((field) => ({ view, field }));
  const distinct = [...new Set(names)].map((feature) => ({ view: view.name, feature }));
  return resolveFeatures(catalog, view.projectId, distinct);
}

/** @throws SluiceError VALIDATION_FAILED when their number or one of their types is not the view's. */
export function parsePathKeys(view: FeatureView, keys: readonly string[]): NamedEntity {
  const faults = new Faults();
  const names = view.joinKeys.map(({ name }) => name);
  if (keys.length !== names.length) {
    faults.add(
      "path",
      `"${view.name}" is keyed by ${names.join("/")}, and ${keys.length} keys were given`,
    );
    faults.throwIfAny();
  }
  const values = view.joinKeys.map(({ name, codec }, index) =>
    faults.collect(
      () => name,
      () => codec.parse(keys[index]),
    ),
  );
  faults.throwIfAny();
  const key = faults.collect(
    () => names.join("/"),
    () => entityKey(view.joinKeys, values),
  );
  faults.throwIfAny();
  return { values, key: key as string };
}

function valueStatus(status: "PRESENT" | "OUTSIDE_MAX_AGE", value: Stored): Status {
  return status === "PRESENT" && value === null ? "NULL_VALUE" : status;
}

function encode(
  view: FeatureView,
  entity: NamedEntity,
  features: readonly Feature[],
  row: EntityRow,
  status: Status,
  includeStale: boolean,
): string {
  const keys = view.joinKeys.map(({ name, codec }, index) =>
    member(name, codec.encode(entity.values[index] as Stored)),
  );
  const isShown = status === "PRESENT" || includeStale;
  const values = features.map(({ field }) => {
    const value = isShown ? storedValue(row, field.name) : null;
    return member(field.name, value === null ? "null" : field.codec.encode(value));
  });
  const time = JSON.stringify(row.event_time);
  return `{"entity":{${keys.join()}},"features":{${values.join()}},"event_timestamp":${time},"status":"${status}"}`;
}

function member(name: string, json: string): string {
  return `${JSON.stringify(name)}:${json}`;
}

function entityNotFound(view: FeatureView, { key }: NamedEntity): SluiceError {
  const detail = `Feature view "${view.name}" has no values for entity ${key}. Push them first, or correct the key.`;
  return new SluiceError("ENTITY_NOT_FOUND", detail);
}
