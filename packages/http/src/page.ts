import { Type } from "typebox";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { invalidArgument } from "./invalid-argument.ts";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** Query parameters of every list. */
export const PageQuery = Type.Object({
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: MAX_LIMIT,
      default: DEFAULT_LIMIT,
      description: "Items a page",
    }),
  ),
  cursor: Type.Optional(Type.String({ description: "`next_cursor` of the page before" })),
});

/** Which page of a list is asked for. */
export interface PageRequest {
  /** 1 to 1,000. @default 100 */
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before. */
  readonly cursor?: string | null | undefined;
}

/** One page; `next_cursor` is null on the last. */
export interface Page<T> {
  readonly items: T[];
  readonly next_cursor: string | null;
}

/** What a query of one page needs. */
export interface KeysetPage {
  /** Rows come strictly after this one; "" is before all. */
  readonly after: string;
  /** One more than the page holds, which tells whether another follows. */
  readonly rows: number;
}

/**
 * Reads one page of `list`, ordered by the text `keyOf`.
 * @throws SluiceError VALIDATION_FAILED for a bad limit or a cursor of another list.
 */
export async function readPage<T>(
  list: string,
  { limit = DEFAULT_LIMIT, cursor }: PageRequest,
  keyOf: (item: T) => string,
  read: (page: KeysetPage) => Promise<T[]>,
): Promise<Page<T>> {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw invalidArgument("/limit", `must be an integer from 1 to ${MAX_LIMIT}`);
  }
  const after = cursor ? decodeCursor(list, cursor) : "";
  const rows = await read({ after, rows: limit + 1 });
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { items, next_cursor: hasMore ? encodeCursor(list, keyOf(last)) : null };
}
