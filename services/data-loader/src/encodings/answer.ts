import { columnarJson } from "./columnar-json.ts";
import type { FrameColumn } from "./frame.ts";
import { openRowEncoder, ROW_TYPES, type RowType } from "./row-encoder.ts";

/** Media types of answers with samples, the default first. */
export const ANSWER_TYPES = ["application/json", ...ROW_TYPES] as const;
export type AnswerType = (typeof ANSWER_TYPES)[number];

/** A whole answer with rows in it. */
export interface Answer {
  /** What is said once of all rows: members of the JSON object, and of the end of the row types. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly count: number;
  /** Of the samples: `columns` of the JSON object. */
  readonly columns: readonly FrameColumn[];
  /** Of the answer itself, such as the position in the request: arrays beside `columns`, and columns like the others of rows. */
  readonly beside: readonly FrameColumn[];
}

export function encodeAnswer(type: AnswerType, answer: Answer): Buffer {
  if (type === "application/json") return Buffer.from(columnarJson(answer));
  return encodeRows(type, answer);
}

function encodeRows(type: RowType, { members, count, columns, beside }: Answer): Buffer {
  const encoder = openRowEncoder(type);
  const rows = encoder.rows({ count, columns: [...beside, ...columns] });
  return Buffer.concat([rows, encoder.end(members)]);
}
