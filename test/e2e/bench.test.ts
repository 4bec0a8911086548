import { expect, test } from "vitest";
import { fitPower } from "../bench/scaling/power-fit.ts";
import { shell } from "./stack-command.ts";

/** As the README has it; all benches take longer than everything else that is tested here together. */
const BENCHES = "gate batches";
const TIMEOUT_MS = 180_000;

test(
  "the bench prints ratios, percentiles and the number of samples",
  async () => {
    const { code, stdout } = await shell(`npm run -s bench -- --quick ${BENCHES}`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\| +\| ops\/s .* \| ratio \| p50 ms \| p99 ms \|.*samples/);
    expect(stdout).toMatch(/gate of 10 slots \| [\d,]+/);
    expect(stdout).toMatch(/\| 20 \| [\d.]+ \|/);
  },
  TIMEOUT_MS,
);

test(
  "a soak writes a report of what was answered and what crept upwards",
  async () => {
    const { code, stdout } = await shell("npm run -s soak -- --minutes 0.1 heartbeats");
    expect(code).toBe(0);
    expect(stdout).toMatch(/\| heartbeats \| 2,\d+ \|/);
    expect(stdout).toMatch(/\| sluice_training \| \d+ \|/);
    expect(stdout).toMatch(/\| training\.ranks table MiB \|/);
    expect(stdout).toContain("report.html");
  },
  TIMEOUT_MS,
);

test("the exponent of a power is found, and noise lowers what it explains", () => {
  const sizes = [1, 10, 100, 1_000];
  const exact = fitPower(sizes.map((size) => [size, 3 * size ** 0.5]));
  expect(exact.exponent).toBeCloseTo(0.5);
  expect(exact.determination).toBeCloseTo(1);
  expect(fitPower(sizes.map((size) => [size, 7])).exponent).toBeCloseTo(0);
  const noisy = fitPower(sizes.map((size, index) => [size, size * (index % 2 === 0 ? 1 : 9)]));
  expect(noisy.determination).toBeLessThan(0.95);
  expect(fitPower([[1, 2]]).exponent).toBeNaN();
});
