import type { Stored } from "../values/codec.ts";
import type { EntityRow } from "./queries.ts";

/** A feature's value, or null when none was ever written. Own properties only: a feature may be called `constructor`. */
export function storedValue(row: EntityRow, feature: string): Stored {
  return Object.hasOwn(row.feature_values, feature) ? (row.feature_values[feature] ?? null) : null;
}
