import { expect, test } from "vitest";
import { isSameSetting } from "./setting-value.ts";

test.each([
  ["15min", "900s"],
  ["1GB", "1024MB"],
  ["5000ms", "5s"],
  ['""', ""],
  ["UTC", "UTC"],
  ["0", "0"],
])("%j is %j", (one, other) => {
  expect(isSameSetting(one, other)).toBe(true);
});

test.each([
  ["15min", "15s"],
  ["1GB", "1000MB"],
  ["UTC", "utc"],
  ["0", ""],
])("%j is not %j", (one, other) => {
  expect(isSameSetting(one, other)).toBe(false);
});
