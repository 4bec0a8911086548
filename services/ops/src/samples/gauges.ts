import { Gauge, type Registry } from "prom-client";

/** Makes gauges in a registry; each shows what it was filled with last, and works that out when somebody asks. */
export function gauges(registry: Registry) {
  return (name: string, help: string, ...labelNames: string[]) => {
    let show: (gauge: Gauge) => void = () => undefined;
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        // Without labels a reset leaves 0, which nobody has seen.
        if (labelNames.length === 0) this.remove();
        show(this);
      },
    });
    /** Sets a value for each row; null leaves the row out. */
    return <R>(
      rows: readonly R[],
      value: (row: R) => number | null,
      labels: (row: R) => Record<string, string> = () => ({}),
    ): void => {
      show = (gauge) => {
        for (const row of rows) {
          const seen = value(row);
          if (seen !== null) gauge.set(labels(row), seen);
        }
      };
    };
  };
}
