import type { Section } from "../../report/report.ts";
import { fitPower } from "./power-fit.ts";

/** What a size cost. */
export interface Point {
  readonly size: number;
  /** By name with its unit, e.g. "p50 ms"; the same names at every size. */
  readonly costs: Readonly<Record<string, number>>;
}

export interface Curve {
  readonly heading: string;
  readonly text: string;
  /** What the size counts, e.g. "clients". */
  readonly size: string;
  readonly points: readonly Point[];
}

/** A curve as a table with the exponent of each cost in its last row, and a plot with both axes logarithmic. */
export function renderCurve({ heading, text, size, points }: Curve): Section {
  const names = Object.keys(points[0]!.costs);
  const lines = names.map((name) => ({
    name,
    points: points.map(({ size: x, costs }) => [x, costs[name]!] as const),
  }));
  return {
    heading,
    text: `${text} An exponent of 0 is a cost that does not grow with the number of ${size}, 1 one that grows in proportion.`,
    table: {
      head: [size, ...names],
      rows: [
        ...points.map(({ size: x, costs }) => [x, ...names.map((name) => costs[name]!)]),
        ["exponent", ...lines.map(({ points: line }) => exponentOf(line))],
      ],
    },
    plots: [{ title: heading, x: size, y: "", log: true, lines }],
  };
}

function exponentOf(line: readonly (readonly [number, number])[]): string {
  const { exponent, determination } = fitPower(line);
  if (!Number.isFinite(exponent)) return "–";
  return `${exponent.toFixed(2)} (R² ${determination.toFixed(2)})`;
}
