import { instantOf } from "@sluice/values";

/**
 * A float of a binary format as JSON writes it: `1.0` keeps its point, so that its type can be told. NaN, by which data
 * frames mean that there is none, is null.
 */
export function floatValue(value: number): unknown {
  if (Number.isNaN(value)) return null;
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? JSON.rawJSON(`${value}.0`) : value;
}

/** A day, counted from 1970, as `2001-01-31`. */
export function dayValue(days: number): string {
  return instantOf(BigInt(days) * 86_400_000_000n).slice(0, 10);
}
