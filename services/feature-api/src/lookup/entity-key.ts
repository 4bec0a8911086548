import type { Stored } from "../values/codec.ts";
import { InvalidValue } from "@sluice/values";
import type { Field } from "../views/view.ts";

/** Guarded by a constraint of features.online_values too. */
const MAX_KEY_BYTES = 2_048;

/**
 * The canonical spelling of an entity: a JSON array of its join key values in the view's order, e.g. `["JFK","LAX"]`.
 * Equal values spell alike, whatever way they were written in the request. Throws InvalidValue when it is too long.
 */
export function entityKey(joinKeys: readonly Field[], values: readonly Stored[]): string {
  const key = `[${joinKeys.map(({ codec }, index) => codec.encode(values[index] as Stored)).join(",")}]`;
  const bytes = Buffer.byteLength(key);
  if (bytes > MAX_KEY_BYTES)
    throw new InvalidValue(`the entity's key takes ${bytes} bytes of at most ${MAX_KEY_BYTES}`);
  return key;
}
