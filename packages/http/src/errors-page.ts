import { ERRORS } from "@sluice/errors";
import { escapeHtml, htmlPage } from "./html.ts";

/** The table of error codes; each row has its code as id, where a problem's `type` points. */
export function renderErrorsPage(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { status, title, doc }]) =>
      `<tr id="${code}"><td><code>${code}</code><td>${status}<td>${escapeHtml(title)}<td>${escapeHtml(doc)}`,
  );
  return htmlPage(
    "Errors",
    `<table><tr><th>code<th>status<th>title<th>meaning and remedy${rows.join("")}</table>`,
  );
}
