import type { Registry } from "prom-client";

/** One value of a metric. */
export interface MetricValue {
  readonly name: string;
  readonly labels: Readonly<Record<string, string | number | undefined>>;
  readonly value: number;
}

/**
 * The present values of some metrics, at a fraction of what rendering all costs; histograms as their sum and count.
 * Names that the registry does not have are left out.
 */
export async function selectedMetrics(
  registry: Registry,
  names: readonly string[],
): Promise<MetricValue[]> {
  const metrics = await Promise.all(
    names.map(async (name) => {
      const metric = await registry.getSingleMetric(name)?.get();
      return (metric?.values ?? []).map(({ value, labels, ...rest }) => ({
        name: ("metricName" in rest ? String(rest.metricName) : undefined) ?? name,
        labels,
        value,
      }));
    }),
  );
  return metrics.flat().filter(({ name }) => !name.endsWith("_bucket"));
}
