import { expect, test } from "vitest";
import { readViewRow } from "./views.ts";

test("numbers are parsed, whatever type the console gives them", () => {
  const row = readViewRow("stats_totals", {
    database: "sluice_feature",
    xact_count: "9007199254740991",
    wait_time: 12,
  });
  expect(row).toMatchObject({
    database: "sluice_feature",
    xact_count: 9007199254740991,
    wait_time: 12,
  });
});

test("a column that this release does not have is null, one it has more is left out", () => {
  const row = readViewRow("pools", { database: "a", cl_active: "1", load_balance_hosts: null });
  expect(row.maxwait_us).toBeNull();
  expect(row.cl_active).toBe(1);
  expect(row).not.toHaveProperty("load_balance_hosts");
});

test("the reserve is found under its name before 1.24 and since", () => {
  expect(readViewRow("databases", { reserve_pool: "3" }).reserve_pool_size).toBe(3);
  expect(readViewRow("databases", { reserve_pool_size: "4" }).reserve_pool_size).toBe(4);
});

test("text that is no number reads as null", () => {
  expect(readViewRow("pools", { cl_active: "", cl_waiting: "many" })).toMatchObject({
    cl_active: null,
    cl_waiting: null,
  });
});
