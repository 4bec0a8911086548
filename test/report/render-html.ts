import { escapeHtml } from "./escape-html.ts";
import { renderPlot } from "./render-plot.ts";
import { cellText, type Cell, type Report, type Section, type Table } from "./report.ts";

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:1rem 0}td,th{border:1px solid #ccc;padding:.25rem .6rem;text-align:right}
td:first-child,th:first-child{text-align:left}svg{max-width:40rem;width:100%;font:11px system-ui,sans-serif}
pre{overflow-x:auto;font-size:12px}
dl{display:grid;grid-template-columns:max-content auto;gap:0 1rem}dt{color:#666}dd{margin:0}`;

/** The report as one page that needs nothing else. */
export function renderHtml({ title, conditions, sections }: Report): string {
  const pairs = Object.entries(conditions).map(
    ([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${text(value)}</dd>`,
  );
  return [
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeHtml(title)}</title><style>${STYLE}</style>`,
    `<h1>${escapeHtml(title)}</h1><dl>${pairs.join("")}</dl>`,
    ...sections.map(renderSection),
    "</html>\n",
  ].join("\n");
}

function renderSection({ heading, text: words, markdown, table, plots = [] }: Section): string {
  return [
    `<h2>${escapeHtml(heading)}</h2>`,
    words === undefined ? "" : `<p>${escapeHtml(words).replaceAll("\n\n", "</p><p>")}</p>`,
    markdown === undefined ? "" : `<pre>${escapeHtml(markdown)}</pre>`,
    table === undefined ? "" : renderTable(table),
    ...plots.map(renderPlot),
  ].join("\n");
}

function renderTable({ head, rows }: Table): string {
  const cells = (tag: string, row: readonly Cell[]): string =>
    `<tr>${row.map((cell) => `<${tag}>${text(cell)}</${tag}>`).join("")}</tr>`;
  return `<table>${cells("th", head)}${rows.map((row) => cells("td", row)).join("\n")}</table>`;
}

function text(cell: Cell): string {
  return escapeHtml(cellText(cell));
}
