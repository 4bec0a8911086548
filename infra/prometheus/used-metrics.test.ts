import { expect, test } from "vitest";
import { usedMetrics } from "./used-metrics.ts";

test.each([
  ["up == 0", ["up"]],
  [
    'sum by (a, b) (rate(x_seconds_count{status=~"5.."}[5m])) / max(y_total) > 0.05',
    ["x_seconds", "y_total"],
  ],
  ["histogram_quantile(0.99, sum by (le) (rate(w_bucket[2m]))) > 2", ["w"]],
  ["a > 0 and on (pooler, alias) b == bool 2 or absent(c)", ["a", "b", "c"]],
])("%s", (expr, names) => {
  expect(usedMetrics(expr)).toEqual(names);
});
