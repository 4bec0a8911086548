import { type TSchema, Type } from "typebox";
import type { RowType } from "./row-encoder.ts";

const ROWS: Readonly<Record<RowType, string>> = {
  "application/x-ndjson":
    'A JSON object a row, and at last `{"_end": {"count": n, "sha256": "…", …}}`: the hash of all bytes before that line, and the members that JSON has beside its columns',
  "application/vnd.apache.arrow.stream":
    "Arrow IPC stream. `created_at` is timestamp[us, UTC], `attributes` arrow.json; the last record batch is empty and its metadata has `_end` as JSON, with the count of rows",
};

/** A response in each media type of answers with rows, for OpenAPI. */
export function answerContent(description: string, json: TSchema) {
  const rows = Object.entries(ROWS).map(([type, text]) => [
    type,
    { schema: Type.String({ description: text }) },
  ]);
  const content = { "application/json": { schema: json }, ...Object.fromEntries(rows) };
  return { description, content };
}
