/** A moment as the database gives it: RFC 3339 in UTC with six digits of a second. */
export type Instant = string;

/** `seconds` (a whole number) later; the microseconds stay as they are. */
export function addSeconds(instant: Instant, seconds: number): Instant {
  const moved = new Date(Date.parse(instant.slice(0, 19) + "Z") + seconds * 1_000);
  return moved.toISOString().slice(0, 19) + instant.slice(19);
}
