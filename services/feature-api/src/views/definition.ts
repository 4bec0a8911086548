import { SluiceError } from "@sluice/errors";
import { Faults } from "../faults.ts";
import type { Declaration, Definition, FeatureView } from "./view.ts";

export const MAX_JOIN_KEYS = 8;
export const MAX_FEATURES = 1_000;

/** Columns that Feast's clients add to every frame, with a meaning of their own; and what no JSON body may name. */
const RESERVED = new Set(["event_timestamp", "created", "__proto__"]);

/** @throws SluiceError VALIDATION_FAILED for names that are reserved or occur twice. */
export function checkDefinition({ join_keys, features }: Definition): void {
  const faults = new Faults();
  const seen = new Set<string>();
  const check = (path: string) => (column: Declaration, index: number) => {
    if (RESERVED.has(column.name))
      faults.add(`${path}[${index}].name`, `"${column.name}" is reserved; choose another`);
    if (seen.has(column.name))
      faults.add(`${path}[${index}].name`, `"${column.name}" occurs twice in the view`);
    seen.add(column.name);
  };
  join_keys.forEach(check("join_keys"));
  features.forEach(check("features"));
  faults.throwIfAny();
}

/** Why a definition could not be applied to the view that exists. */
export function explainRefusal(view: FeatureView, wanted: Definition): SluiceError {
  if (spell(view.definition.join_keys) !== spell(wanted.join_keys)) {
    const detail = `Feature view "${view.name}" has the join keys ${spell(view.definition.join_keys)}, which never change. Make a new view for ${spell(wanted.join_keys)}.`;
    return new SluiceError("FEATURE_TYPE_CHANGED", detail, {
      extra: { join_keys: view.definition.join_keys },
    });
  }
  const retyped = wanted.features.filter(
    ({ name, type }) => (view.features.get(name)?.type ?? type) !== type,
  );
  if (retyped.length > 0) {
    const changes = retyped.map(
      ({ name, type }) => `${name} from ${view.features.get(name)?.type} to ${type}`,
    );
    const detail = `Feature view "${view.name}" cannot retype ${changes.join(", ")}. Add a feature under a new name instead.`;
    return new SluiceError("FEATURE_TYPE_CHANGED", detail, {
      extra: { features: retyped.map(({ name }) => name) },
    });
  }
  const message = `with those that "${view.name}" has already, these are more than ${MAX_FEATURES} features`;
  return new SluiceError("VALIDATION_FAILED", `features: ${message}.`, {
    extra: { errors: [{ path: "features", message }] },
  });
}

/** Features of the view that a definition leaves out; they stay, since values are stored under them. */
export function keptFeatures(view: FeatureView, wanted: Definition): string[] {
  const named = new Set(wanted.features.map(({ name }) => name));
  return [...view.features.keys()].filter((name) => !named.has(name));
}

function spell(columns: readonly Declaration[]): string {
  return columns.map(({ name, type }) => `${name} ${type}`).join(", ");
}
