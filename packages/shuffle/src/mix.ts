/**
 * A bijection of 32-bit integers in which every bit of `x` changes each bit of the result about half of the time:
 * `lowbias32` of Chris Wellons's hash prospector (public domain).
 * @returns a signed 32-bit integer; only its bits matter
 */
export function mix(x: number): number {
  let h = x ^ (x >>> 16);
  h = Math.imul(h, 0x7feb352d);
  h ^= h >>> 15;
  h = Math.imul(h, 0x846ca68b);
  return h ^ (h >>> 16);
}
