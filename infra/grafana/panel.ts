/** One panel, before it has a place. Grafana's own names beside ours are in `render.ts`. */
export interface Panel {
  readonly title: string;
  readonly kind: "timeseries" | "stat" | "heatmap";
  readonly unit: "short" | "s" | "percentunit" | "reqps";
  /** Expressions by legend; a heat map has one. */
  readonly queries: Readonly<Record<string, string>>;
  readonly min?: number;
  readonly max?: number;
  /** Green below the first; then yellow, then red. */
  readonly thresholds?: readonly [number, number];
  /** Of 24 columns. @default 12 */
  readonly width?: number;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  /** Marks on every graph, by name. */
  readonly annotations?: Readonly<Record<string, string>>;
}
