/** Suffixes of the series that a histogram is exported as. */
const HISTOGRAM_SUFFIX = /_(bucket|sum|count)$/;

/** Functions, operators and words of PromQL, which look like names of metrics. */
const WORDS = new Set(
  "sum max min count avg topk by without on ignoring and or unless bool absent rate increase deriv changes histogram_quantile min_over_time clamp_min".split(
    " ",
  ),
);

/** Names of the metrics that an expression reads, histograms without their suffix. */
export function usedMetrics(expr: string): string[] {
  const bare = expr
    .replaceAll(/\{[^}]*\}/g, "")
    .replaceAll(/\b(by|on|without|ignoring)\s*\([^)]*\)/g, "")
    .replaceAll(/\[[^\]]*\]/g, "");
  const words = bare.match(/[a-z_][a-z0-9_]*/g) ?? [];
  const names = words.filter((word) => !WORDS.has(word));
  return [...new Set(names.map((name) => name.replace(HISTOGRAM_SUFFIX, "")))];
}
