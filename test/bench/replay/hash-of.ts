/** The feature hash of a sample, as tables.ts makes it. */
export function hashOf(sample: number): string {
  return String(sample).padStart(32, "0");
}
