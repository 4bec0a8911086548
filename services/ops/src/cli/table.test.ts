import { expect, test } from "vitest";
import { renderFields, renderTable } from "./table.ts";

test("columns are as wide as their widest cell, numbers to the right, null a dash", () => {
  const table = renderTable(
    ["NAME", "COUNT", "NOTE"],
    [
      ["a", 7, null],
      ["longer", 1200, "x"],
    ],
  );
  expect(table).toBe("NAME    COUNT  NOTE\na           7  -\nlonger   1200  x");
});

test("an empty table is its heads", () => {
  expect(renderTable(["A", "B"], [])).toBe("A  B");
  expect(renderTable([], [])).toBe("");
});

test("fields are aligned by name", () => {
  expect(renderFields({ id: "1", expires_at: null })).toBe("id          1\nexpires_at  -");
});
