import type { ColumnType, FrameColumn } from "../encodings/frame.ts";
import type { Column, ColumnTexts } from "./columns.ts";

const TYPES: Readonly<Record<Column, ColumnType>> = {
  sample_id: "text",
  feature_hash: "text",
  label: "text",
  uri: "text",
  created_at: "instant",
  attributes: "json",
};

/** Columns of samples as the encoders take them; those of no rows are empty. */
export function sampleColumns(columns: readonly Column[], texts: ColumnTexts): FrameColumn[] {
  return columns.map((name) => ({ name, type: TYPES[name], text: texts[name] ?? "[]" }));
}
