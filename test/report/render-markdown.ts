import { cellText, type Report, type Section, type Table } from "./report.ts";

/** The report as Markdown; plots are in the HTML page alone. */
export function renderMarkdown({ title, conditions, sections }: Report): string {
  const lines = Object.entries(conditions).map(([name, value]) => `- ${name}: ${cellText(value)}`);
  return [`# ${title}`, lines.join("\n"), ...sections.map(renderSection)].join("\n\n") + "\n";
}

function renderSection({ heading, text, markdown, table }: Section): string {
  return [`## ${heading}`, text, markdown, table && renderTable(table)]
    .filter(Boolean)
    .join("\n\n");
}

function renderTable({ head, rows }: Table): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.map(cellText).join(" | ")} |`).join("\n");
}
