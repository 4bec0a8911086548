import { expect, test } from "vitest";
import { shell } from "./stack-command.ts";

/** All benches, one after the other. */
const TIMEOUT_MS = 300_000;

test(
  "the bench prints ratios, percentiles and the number of samples",
  async () => {
    const { code, stdout } = await shell("npm run -s bench -- --quick");
    expect(code).toBe(0);
    expect(stdout).toMatch(/\| +\| ops\/s .* \| ratio \| p50 ms \| p99 ms \|.*samples/);
    expect(stdout).toMatch(/gate of 10 slots \| [\d,]+/);
    expect(stdout).toMatch(/\| 3 × the peak \| 3 \| [\d,]+/);
  },
  TIMEOUT_MS,
);
