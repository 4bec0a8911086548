import { Type } from "typebox";
import { Faults } from "./faults.ts";
import { isResourceName } from "./resource-name.ts";

const DEFAULT_LIMIT = 100;

/** Query parameters of every list. */
export const PageQuery = Type.Object({
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000,
      default: DEFAULT_LIMIT,
      description: "Items a page",
    }),
  ),
  cursor: Type.Optional(Type.String({ description: "`next_cursor` of the page before" })),
});

export interface Page<T> {
  readonly items: T[];
  /** null on the last page. */
  readonly next_cursor: string | null;
}

/**
 * One page of a list in order of name. `read` gets the name to begin after and how many rows to read: one more than
 * the page holds, which tells whether another follows.
 * @throws SluiceError VALIDATION_FAILED for a cursor that no page gave out
 */
export async function readPage<T extends { readonly name: string }>(
  { limit = DEFAULT_LIMIT, cursor }: { limit?: number; cursor?: string },
  read: (after: string, rows: number) => Promise<T[]>,
): Promise<Page<T>> {
  const rows = await read(cursor === undefined ? "" : decodeCursor(cursor), limit + 1);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { items, next_cursor: hasMore ? Buffer.from(last.name).toString("base64url") : null };
}

function decodeCursor(cursor: string): string {
  const name = Buffer.from(cursor, "base64url").toString();
  if (isResourceName(name)) return name;
  const faults = new Faults();
  faults.add("cursor", "is not a cursor of this list; send next_cursor of the last page unchanged");
  faults.throwIfAny();
  return name;
}
