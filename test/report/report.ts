/** A value of a table: numbers are rounded when they are written. */
export type Cell = string | number;

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Lines over a common x axis. */
export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Both axes logarithmic: for how cost grows with size. @default false */
  readonly log?: boolean;
  readonly lines: readonly Line[];
}

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** One part of a report, under a heading: a text, then a table, then plots. */
export interface Section {
  readonly heading: string;
  /** Paragraphs, with an empty line between two. */
  readonly text?: string;
  /** Tables that are Markdown already. */
  readonly markdown?: string;
  readonly table?: Table;
  readonly plots?: readonly Plot[];
}

/** What a run found, for a person (Markdown, HTML) and for programs (JSON). */
export interface Report {
  readonly title: string;
  /** Machine, versions, options: what the figures depend on. */
  readonly conditions: Readonly<Record<string, Cell>>;
  readonly sections: readonly Section[];
}

/** A cell as text: three significant digits below a thousand, whole numbers above. */
export function cellText(cell: Cell): string {
  if (typeof cell === "string") return cell;
  if (!Number.isFinite(cell)) return "–";
  if (Number.isInteger(cell) || Math.abs(cell) >= 1_000)
    return Math.round(cell).toLocaleString("en");
  return String(Number(cell.toPrecision(3)));
}
