/** What a cell may hold; null is shown as `-`. Numbers are aligned to the right. */
export type Cell = string | number | null;

const GAP = "  ";

/** Aligned columns under their heads (none when `heads` is empty), without trailing spaces. */
export function renderTable(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const isNumeric = (column: number): boolean =>
    rows.length > 0 && rows.every((row) => typeof row[column] === "number" || row[column] === null);
  const lines = [...(heads.length > 0 ? [heads] : []), ...rows.map((row) => row.map(cellText))];
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const pad = (text: string, column: number): string =>
    isNumeric(column) ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0);
  return lines.map((line) => line.map(pad).join(GAP).trimEnd()).join("\n");
}

/** `name  value` lines. */
export function renderFields(fields: Readonly<Record<string, Cell>>): string {
  return renderTable(
    [],
    Object.entries(fields).map(([name, value]) => [name, cellText(value)]),
  );
}

function cellText(cell: Cell): string {
  return cell === null ? "-" : String(cell);
}
