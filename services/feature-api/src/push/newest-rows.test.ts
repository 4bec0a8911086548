import { expect, test } from "vitest";
import { newestRows } from "./newest-rows.ts";

const row = (entityKey: string, featureValues: string, eventTime: string | null) => ({
  entityKey,
  featureValues,
  eventTime,
});

test("of one entity's rows the newest stays, of equally new ones the last", () => {
  const rows = [
    row("a", "1", "2026-01-01T00:00:00.000002Z"),
    row("b", "2", "2026-01-01T00:00:00.000000Z"),
    row("a", "3", "2026-01-01T00:00:00.000001Z"),
    row("b", "4", "2026-01-01T00:00:00.000000Z"),
  ];
  expect(newestRows(rows)).toEqual([rows[0], rows[3]]);
});

test("without event times the last row stays", () => {
  const rows = [row("a", "1", null), row("a", "2", null)];
  expect(newestRows(rows)).toEqual([rows[1]]);
});
