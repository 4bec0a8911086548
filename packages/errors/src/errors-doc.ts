import { ERRORS } from "./error-table.ts";

const HEAD = `<!-- Generated from packages/errors/src/error-table.ts by \`npm run generate\`; do not edit. -->

# Errors

Every error answer is \`application/problem+json\` (RFC 9457): \`{type, title, status, code, detail, request_id, …}\`.
Clients switch on \`code\`, which is stable; \`detail\` is for people and says what happened, to what, and what to do
next. \`type\` is the path of this table on the service that answered. Compatibility routes speak their own
protocol's error shape with the same statuses.
`;

/** The text of docs/errors.md: every code with its status, meaning and remedy. */
export function renderErrorsDoc(): string {
  const rows = Object.entries(ERRORS).map(([code, { status, title, doc, retryAfterSeconds }]) => {
    const retry = retryAfterSeconds === undefined ? "" : `${retryAfterSeconds} s`;
    return `| \`${code}\` | ${status} | ${title} | ${doc} | ${retry} |`;
  });
  const table = [
    "| code | status | title | meaning and remedy | Retry-After |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
  ];
  return `${HEAD}\n${table.join("\n")}\n`;
}
