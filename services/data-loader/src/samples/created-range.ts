import { invalidArgument } from "@sluice/http";

/** Moments as the database reads them, from the first included to the second excluded; null is no bound. */
export interface CreatedRange {
  readonly from: string | null;
  readonly to: string | null;
}

/** @throws SluiceError VALIDATION_FAILED */
export function createdRange(from: string | undefined, to: string | undefined): CreatedRange {
  return { from: instantOf("/created_from", from), to: instantOf("/created_to", to) };
}

const RFC3339 = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/i;
const FIRST_MS = Date.parse("0001-01-01T00:00:00Z");
const LAST_MS = Date.parse("9999-12-31T23:59:59Z");

/** RFC 3339 in any zone as UTC with microseconds; digits beyond are cut. */
function instantOf(path: string, text: string | undefined): string | null {
  if (text === undefined) return null;
  const [, date = "", time = "", fraction = "", zone = ""] = RFC3339.exec(text) ?? [];
  const milliseconds = Date.parse(`${date}T${time}${zone.toUpperCase()}`);
  if (!(milliseconds >= FIRST_MS && milliseconds <= LAST_MS) || !isCalendarDay(date))
    throw invalidArgument(
      path,
      "must be an RFC 3339 time, such as 2001-01-01T00:00:00Z (in a URL + is %2B)",
    );
  const seconds = new Date(milliseconds).toISOString().slice(0, 19);
  return `${seconds}.${fraction.slice(0, 6).padEnd(6, "0")}Z`;
}

/** Date.parse rolls 30 February over into March instead of refusing it. */
function isCalendarDay(date: string): boolean {
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
}
