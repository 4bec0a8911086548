/** What the values of a column are: text, RFC 3339 with microseconds, any JSON, a 64-bit integer, true or false. */
export type ColumnType = "text" | "instant" | "json" | "integer" | "boolean";

/** A column on its way out. */
export interface FrameColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** A JSON array, as the database wrote it: no value passes through a JavaScript number. */
  readonly text: string;
}

/** Some rows, as columns that are `count` values long. */
export interface Frame {
  readonly count: number;
  readonly columns: readonly FrameColumn[];
}
