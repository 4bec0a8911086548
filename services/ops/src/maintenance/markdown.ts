import type { MaintenanceReport } from "./report.ts";
import type { StatementWeek } from "./statement-counters.ts";

/** The report for people. */
export function renderMarkdown(report: MaintenanceReport): string {
  const { since, statements, unused_indexes, duplicate_indexes, bloated_tables } = report;
  return [
    "# Maintenance",
    since === null
      ? "The first report: counts are those since the statistics were reset."
      : `Compared with ${since}.`,
    section("New slow statements", STATEMENT, statements.new_slow.map(statementRow)),
    section("Slower than before", STATEMENT, statements.slower.map(statementRow)),
    section("Most time in all", STATEMENT, statements.top.map(statementRow)),
    section(
      "Indexes that nobody reads",
      ["index", "table", "MB"],
      unused_indexes.map(({ index, table, size_bytes }) => [index, table, megabytes(size_bytes)]),
    ),
    section(
      "Indexes that do the same",
      ["table", "keep", "drop"],
      duplicate_indexes.map(({ table, indexes: [keep = "", ...drop] }) => [
        table,
        keep,
        drop.join(", "),
      ]),
    ),
    section(
      "Bloated tables",
      ["table", "MB", "dead rows", "bloat, estimated"],
      bloated_tables.map(({ table, size_bytes, dead_ratio, estimated_bloat_ratio }) => [
        table,
        megabytes(size_bytes),
        percent(dead_ratio),
        percent(estimated_bloat_ratio),
      ]),
    ),
  ].join("\n\n");
}

const STATEMENT = ["role", "calls", "mean ms", "before", "total s", "statement"];

function statementRow(week: StatementWeek): string[] {
  const before = week.mean_ms_before?.toFixed(2) ?? "–";
  const total = (week.total_ms / 1_000).toFixed(1);
  const text = week.statement.replaceAll(/\s+/g, " ").slice(0, 120);
  return [week.role, String(week.calls), week.mean_ms.toFixed(2), before, total, `\`${text}\``];
}

function section(title: string, heads: readonly string[], rows: readonly string[][]): string {
  if (rows.length === 0) return `## ${title}\n\nNone.`;
  const lines = [heads, heads.map(() => "---"), ...rows.map((row) => row.map(escapeCell))];
  return [`## ${title}`, "", ...lines.map((cells) => `| ${cells.join(" | ")} |`)].join("\n");
}

/** A bar would begin the next cell. */
function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function megabytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(1);
}

function percent(ratio: number | null): string {
  return ratio === null ? "–" : `${(ratio * 100).toFixed(0)} %`;
}
