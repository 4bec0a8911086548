/** One row of an upload as its format gives it. */
export interface InputRow {
  /** Where it begins: lines count from 1, as do the rows of a format without lines. */
  readonly line: number;
  /** Names of the columns; most rows of an upload share one array. */
  readonly names: readonly string[];
  /** A value for each name: what JSON has, bigint, or `JSON.rawJSON`; undefined: it has none. */
  readonly values: readonly unknown[];
}

/** Rows of an upload in order, some at a time. */
export type InputRows = AsyncGenerator<InputRow[], void, undefined>;

/** Bytes of an upload in order. */
export type ByteSource = AsyncIterable<Buffer>;
