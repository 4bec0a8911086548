import { expect, test } from "vitest";
import { shell } from "./stack-command.ts";

test("the bench prints ratios, percentiles and the number of samples", async () => {
  const { code, stdout } = await shell("npm run -s bench -- --quick");
  expect(code).toBe(0);
  expect(stdout).toMatch(/\| +\| ops\/s .* \| ratio \| p50 ms \| p99 ms \|.*samples/);
  expect(stdout).toMatch(/gate of 10 slots \| [\d,]+/);
});
