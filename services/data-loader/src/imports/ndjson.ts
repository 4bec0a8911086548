import { SluiceError } from "@sluice/errors";
import { parseJson } from "@sluice/http";
import type { ByteSource, InputRow, InputRows } from "./input-row.ts";
import { type Line, linesOf, LineTooLong } from "./lines.ts";
import { type RowFaults, unreadable } from "./row-faults.ts";

export const MAX_LINE_BYTES = 1024 * 1024;

const BLANK = /^[ \t\r]*$/;

/** Reads one JSON object a line; blank lines are passed over. */
export async function* readNdjson(source: ByteSource, faults: RowFaults): InputRows {
  try {
    let names: readonly string[] = [];
    for await (const lines of linesOf(source, MAX_LINE_BYTES)) {
      const rows: InputRow[] = [];
      for (const line of lines) {
        const row = readLine(line, names, faults);
        if (row === undefined) continue;
        names = row.names;
        rows.push(row);
      }
      yield rows;
    }
  } catch (error) {
    if (!(error instanceof LineTooLong)) throw error;
    const reason = `is longer than ${MAX_LINE_BYTES} bytes`;
    unreadable(faults, { line: error.line, column: null, value: undefined, reason });
  }
}

function readLine(
  { number: line, bytes }: Line,
  lastNames: readonly string[],
  faults: RowFaults,
): InputRow | undefined {
  if (bytes.length < 4 && BLANK.test(bytes.toString("latin1"))) return undefined;
  try {
    const value = parseJson(bytes, { exactNumbers: true });
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      faults.add({ line, column: null, value, reason: "is not a JSON object" });
      return undefined;
    }
    const names = Object.keys(value);
    const isSame = names.length === lastNames.length && names.every((n, i) => n === lastNames[i]);
    return { line, names: isSame ? lastNames : names, values: Object.values(value) };
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== "INVALID_JSON") throw error;
    const text = bytes.toString("utf8");
    if (BLANK.test(text)) return undefined;
    const reason = error.message.replace(/^The body /, "").replace(/\.$/, "");
    faults.add({ line, column: null, value: text, reason });
    return undefined;
  }
}
