import type { Stored } from "../values/codec.ts";
import type { EntityRow } from "./queries.ts";

/**
 * A feature's value, or null when none was ever written. A feature may be called `constructor`: what an object inherits
 * is functions, which no stored value is. (One look at the object instead of two: this runs for every value served.)
 */
export function storedValue(row: EntityRow, feature: string): Stored {
  const value: unknown = row.feature_values[feature];
  return value === undefined || typeof value === "function" ? null : (value as Stored);
}
