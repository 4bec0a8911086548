import { escapeHtml, htmlPage } from "./html.ts";

/** The members of an OpenAPI document that the page shows. */
interface ApiDocument {
  readonly info: { readonly title: string; readonly version: string };
  readonly paths?: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
}

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content?: object };
  readonly responses?: Readonly<Record<string, { description?: string; content?: object }>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: unknown;
}

/** A readable page of an OpenAPI document, without scripts or anything from elsewhere. */
export function renderApiPage(document: object): string {
  const { info, paths = {} } = document as ApiDocument;
  const operations = Object.entries(paths).flatMap(([path, methods = {}]) =>
    Object.entries(methods).map(([method, it]) => renderOperation(method, path, it as Operation)),
  );
  const intro = `<p>Version ${escapeHtml(info.version)}. <a href="/openapi.json">OpenAPI document</a>, <a href="/docs/errors">error codes</a>.`;
  return htmlPage(info.title, intro + operations.join(""));
}

function renderOperation(method: string, path: string, operation: Operation): string {
  const {
    summary = "",
    description = "",
    parameters = [],
    requestBody,
    responses = {},
  } = operation;
  const parts = [
    `<p>${escapeHtml(description)}`,
    parameters.length === 0 ? "" : renderParameters(parameters),
    requestBody?.content === undefined ? "" : renderContent("Body", requestBody.content),
    ...Object.entries(responses).map(([status, { description: text = "", content }]) =>
      content === undefined
        ? `<p>${escapeHtml(`${status} ${text}`)}`
        : renderContent(`${status} ${text}`, content),
    ),
  ];
  const name = `<b class="method">${method.toUpperCase()}</b><code>${escapeHtml(path)}</code> ${escapeHtml(summary)}`;
  return `<details><summary>${name}</summary>${parts.join("")}</details>`;
}

function renderParameters(parameters: readonly Parameter[]): string {
  const rows = parameters.map(({ name, in: place, required = false, description = "", schema }) => {
    const cells = [
      name,
      required ? `${place}, required` : place,
      description,
      JSON.stringify(schema),
    ];
    return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell ?? "")}`).join("")}`;
  });
  return `<table>${rows.join("")}</table>`;
}

function renderContent(title: string, content: object): string {
  const types = Object.entries(content).map(([type, { schema }]) => {
    const text = JSON.stringify(schema, undefined, 2) ?? "";
    return `<p><code>${escapeHtml(type)}</code><pre>${escapeHtml(text)}</pre>`;
  });
  return `<p>${escapeHtml(title)}${types.join("")}`;
}
