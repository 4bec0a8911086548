import { Histogram, type Registry } from "prom-client";

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
  const values: MetricValue[] = [];
  for (const name of names) {
    const metric = registry.getSingleMetric(name);
    if (metric instanceof Histogram) values.push(...sumsAndCounts(name, metric));
    else if (metric !== undefined)
      for (const { labels, value } of (await metric.get()).values)
        values.push({ name, labels, value });
  }
  return values;
}

/** What a histogram keeps of each label set. */
type Kept = Pick<MetricValue, "labels"> & { readonly sum: number; readonly count: number };

/** From where it is kept: `get()` makes an object for each bucket of each route, to be thrown away each second. */
function sumsAndCounts(name: string, histogram: Histogram): MetricValue[] {
  const { hashMap } = histogram as unknown as { hashMap: Readonly<Record<string, Kept>> };
  return Object.values(hashMap).flatMap(({ labels, sum, count }) => [
    { name: `${name}_sum`, labels, value: sum },
    { name: `${name}_count`, labels, value: count },
  ]);
}
