import type { Page, PageRequest } from "@sluice/http";
import type { Arguments } from "./arguments.ts";
import type { Answer, Option } from "./command.ts";
import { type Cell, renderTable } from "./table.ts";

/** Options of every command that lists. */
export const PAGE_OPTIONS: Readonly<Record<string, Option>> = {
  limit: { type: "string", value: "<n>", help: "At most so many, up to 1000 (100)" },
  cursor: { type: "string", value: "<cursor>", help: "Go on where the last page ended" },
};

export function readPageOptions(given: Arguments): PageRequest {
  return { limit: given.count("limit"), cursor: given.text("cursor") };
}

/** A page as a table, with a note when another follows. */
export function answerPage<T>(
  page: Page<T>,
  heads: readonly string[],
  row: (item: T) => Cell[],
): Answer {
  const note = page.next_cursor === null ? undefined : `More: --cursor ${page.next_cursor}`;
  return { json: page, text: renderTable(heads, page.items.map(row)), note };
}
