import { invalidArgument } from "@sluice/http";
import type { Rename } from "./sample-columns.ts";

/**
 * Reads `target:source,…`. A source may contain colons.
 * @throws SluiceError VALIDATION_FAILED
 */
export function parseRename(text: string | undefined): Rename {
  const rename = new Map<string, string>();
  for (const pair of text === undefined ? [] : text.split(",")) {
    const [, target, source] = /^([^:]+):(.+)$/s.exec(pair) ?? [];
    if (target === undefined || source === undefined)
      throw invalidArgument("/querystring/rename", `has "${pair}", which is not target:source`);
    if (rename.has(target) || [...rename.values()].includes(source))
      throw invalidArgument("/querystring/rename", `has a column of "${pair}" twice`);
    rename.set(target, source);
  }
  return rename;
}
