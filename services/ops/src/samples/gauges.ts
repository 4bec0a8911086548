import { Gauge, type Registry } from "prom-client";

/** Makes gauges in a registry; each forgets its label sets when it is filled anew. */
export function gauges(registry: Registry) {
  return (name: string, help: string, ...labelNames: string[]) => {
    const gauge = new Gauge({ name, help, labelNames, registers: [registry] });
    /** Sets a value for each row; null leaves the row out. */
    return <R>(
      rows: readonly R[],
      value: (row: R) => number | null,
      labels: (row: R) => Record<string, string> = () => ({}),
    ): void => {
      gauge.reset();
      // Without labels a reset leaves 0, which nobody has seen.
      if (labelNames.length === 0) gauge.remove();
      for (const row of rows) {
        const seen = value(row);
        if (seen !== null) gauge.set(labels(row), seen);
      }
    };
  };
}

/** Fills one gauge. */
export type FillGauge = ReturnType<ReturnType<typeof gauges>>;
