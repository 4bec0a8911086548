import type { Measurement } from "./interleaved.ts";

/** A measurement as text: medians with their spread, ratios to the first, percentiles, number of samples. */
export function renderTable(title: string, measurements: readonly Measurement[]): string {
  const base = median(measurements[0]!.rates);
  const head = ["", "ops/s (min–max)", "ratio", "p50 ms", "p99 ms", "CPU µs/op", "samples"];
  const rows = measurements.map(({ name, rates, latencies, cpu }) => [
    name,
    `${round(median(rates))} (${round(Math.min(...rates))}–${round(Math.max(...rates))})`,
    (median(rates) / base).toFixed(2),
    percentile(latencies, 0.5).toFixed(3),
    percentile(latencies, 0.99).toFixed(3),
    median(cpu).toFixed(1),
    String(latencies.length),
  ]);
  return renderRows(title, head, rows);
}

export function renderRows(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return [`## ${title}`, "", ...lines, ""].join("\n");
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The smallest value that at least `share` of the values do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).toSorted();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

function round(value: number): string {
  return Math.round(value).toLocaleString("en");
}
