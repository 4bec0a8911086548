/** How fast a counter grew between two looks, a second; null when it is not known or began anew. */
export function ratePerSecond(
  now: number | null,
  before: number | null | undefined,
  seconds: number,
): number | null {
  if (now === null || before === null || before === undefined || now < before || seconds <= 0)
    return null;
  return (now - before) / seconds;
}

/** `part` for one of `whole`; null when there was none. */
export function ratio(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole === 0 ? null : part / whole;
}
