/** Maps values to places on an axis. */
export interface Scale {
  readonly place: (value: number) => number;
  /** Round values to label. */
  readonly ticks: readonly number[];
}

const TICKS = 5;

/** A scale over all `values`, from `start` to `end` pixels; linear ones begin at 0. */
export function makeScale(
  values: readonly number[],
  [start, end]: readonly [number, number],
  log: boolean,
): Scale {
  return log ? logScale(values, start, end) : linearScale(values, start, end);
}

function linearScale(values: readonly number[], start: number, end: number): Scale {
  const most = Math.max(...values, 0) || 1;
  const step = niceStep(most / TICKS);
  const top = Math.ceil(most / step) * step;
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
  return { ticks, place: (value) => start + (value / top) * (end - start) };
}

function logScale(values: readonly number[], start: number, end: number): Scale {
  const logs = values.filter((value) => value > 0).map(Math.log10);
  const least = Math.floor(Math.min(...logs));
  const most = Math.max(least + 1, Math.ceil(Math.max(...logs)));
  const ticks = Array.from({ length: most - least + 1 }, (_, index) => 10 ** (least + index));
  const place = (value: number): number =>
    start + ((Math.log10(value) - least) / (most - least)) * (end - start);
  return { ticks, place };
}

/** 1, 2 or 5 times a power of ten, not below `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= least) as number);
}
