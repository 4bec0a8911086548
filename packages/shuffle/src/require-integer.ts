/**
 * Refuses what is not an integer in [min, max].
 * @throws RangeError that says what is allowed.
 */
export function requireInteger(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  const allowed =
    max < min ? "does not exist where there is none" : `must be an integer from ${min} to ${max}`;
  throw new RangeError(`${name} ${allowed}, not ${String(value)}.`);
}

/** Refuses what is not an integer in [0, count). */
export function requireIndex(name: string, value: number, count: number): void {
  requireInteger(name, value, 0, count - 1);
}

/** Refuses what is not a span 0 ≤ from ≤ to ≤ count. */
export function requireSpan(from: number, to: number, count: number): void {
  requireInteger("from", from, 0, count);
  requireInteger("to", to, from, count);
}
