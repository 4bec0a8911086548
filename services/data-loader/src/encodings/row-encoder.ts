import { ArrowEncoder } from "./arrow.ts";
import type { Frame } from "./frame.ts";
import { NdjsonEncoder } from "./ndjson.ts";

/** Writes rows frame by frame, all of the same columns, and an end by which a reader knows that it has them all. */
export interface RowEncoder {
  /** Called at least once, if need be with a frame of no rows: it tells what the columns are. */
  rows(frame: Frame): Buffer;
  /** Says how many rows there were, and whatever else is known only now. */
  end(members?: Readonly<Record<string, unknown>>): Buffer;
}

export const ROW_TYPES = ["application/x-ndjson", "application/vnd.apache.arrow.stream"] as const;
export type RowType = (typeof ROW_TYPES)[number];

export function openRowEncoder(type: RowType): RowEncoder {
  return type === "application/x-ndjson" ? new NdjsonEncoder() : new ArrowEncoder();
}
