import { Type } from "typebox";

/** Beyond any view's columns; Feast's clients may send some that no view has. */
const MAX_COLUMNS = 2_000;

/**
 * The schema of a table given by columns. Not a Record: its pattern, `^.*$`, lets a name with a line break through
 * with whatever stands under it.
 */
export function columnsByName(description: string) {
  return Type.Unsafe<Record<string, unknown[]>>({
    type: "object",
    additionalProperties: Type.Array(Type.Unknown()),
    maxProperties: MAX_COLUMNS,
    description,
  });
}
