/** A line in logarithms: y = factor · x ^ exponent. */
export interface PowerFit {
  readonly exponent: number;
  /** Of the variance of log y, how much the line explains; 1 = all. */
  readonly determination: number;
}

/**
 * How y grows with x: the least squares in logarithms. An exponent of 0 is a cost that does not grow, 1 one that grows
 * in proportion. Points without a positive x and y are left out; NaN when fewer than two remain.
 */
export function fitPower(points: readonly (readonly [x: number, y: number])[]): PowerFit {
  const logs = points
    .filter(([x, y]) => x > 0 && y > 0)
    .map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const meanX = mean(logs.map(([x]) => x));
  const meanY = mean(logs.map(([, y]) => y));
  const sum = (of: (dx: number, dy: number) => number): number =>
    logs.reduce((total, [x, y]) => total + of(x - meanX, y - meanY), 0);
  const exponent = sum((dx, dy) => dx * dy) / sum((dx) => dx * dx);
  const left = sum((dx, dy) => (dy - exponent * dx) ** 2);
  const total = sum((_dx, dy) => dy * dy);
  return { exponent, determination: total === 0 ? 1 : 1 - left / total };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
