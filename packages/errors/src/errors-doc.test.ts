import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ERRORS, renderErrorsDoc } from "./index.ts";

test("docs/errors.md is what the table renders to", () => {
  const file = new URL("../../../docs/errors.md", import.meta.url);
  expect(readFileSync(file, "utf8")).toBe(renderErrorsDoc());
});

test("every code has an error status and a text that fits in a table cell", () => {
  for (const [code, { status, title, doc }] of Object.entries(ERRORS)) {
    expect(code).toMatch(/^[A-Z_]+$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(`${title}${doc}`).not.toMatch(/[|\n]/);
    expect(doc).toMatch(/\.$/);
  }
});
