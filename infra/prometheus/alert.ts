/** Time series of a test: values by selector, in Prometheus' notation, one every 15 s. */
export type TestSeries = Readonly<Record<string, string>>;

/** One alerting rule, and the series that prove it. */
export interface Alert {
  readonly name: string;
  readonly expr: string;
  /** How long it has to hold: `5m`. */
  readonly for: string;
  readonly severity: "warning" | "critical";
  readonly team: "platform" | "database" | "training" | "features";
  /** What is wrong, in one line; Prometheus' templates. */
  readonly summary: string;
  /** What it comes to, with the value. */
  readonly description: string;
  /** Series from the start on by which it fires, and others by which it must not. Both cover half an hour. */
  readonly fires: TestSeries;
  readonly quiet: TestSeries;
}

/** A constant value for half an hour. */
export function steadily(value: number): string {
  return `${value}+0x120`;
}

/** A counter that grows by so much a second, for half an hour. */
export function growing(perSecond: number): string {
  return `0+${perSecond * 15}x120`;
}
