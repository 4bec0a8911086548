import { expect, test } from "vitest";
import { judgeDisk } from "./disk.ts";

const GB = 1024 ** 3;

test.each([
  [0.5, 2, 1],
  [9, 100, 1],
  [11, 100, 0],
  [60, 2_000, 0],
  [40, 2_000, 1],
  [1.5, 4, 0],
])("%d GB free of %d GB: %i faults", (free, size, faults) => {
  expect(judgeDisk("/data", free * GB, size * GB)).toHaveLength(faults);
});
