import { InvalidValue, show } from "./invalid-value.ts";

/** A moment as `2026-01-02T03:04:05.000001Z`: always 27 characters, so that text order is time order. */
export type Instant = string;

const ISO =
  /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)? ?(?:[Zz]|([+-])(\d{2}):?(\d{2})?)?$/;
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const FIRST_MS = Date.parse("0001-01-01T00:00:00Z");
const LAST_MS = Date.parse("9999-12-31T23:59:59Z");

/** Reads RFC 3339, naive ISO 8601 (taken as UTC) or epoch seconds; digits after the microseconds are cut. Throws InvalidValue. */
export function parseInstant(value: unknown): Instant {
  if (typeof value === "number" || typeof value === "bigint")
    return fromEpochSeconds(Number(value));
  const match = typeof value === "string" ? ISO.exec(value) : null;
  if (match === null)
    throw new InvalidValue(`${show(value)} is not a time: write RFC 3339 or epoch seconds`);
  const [
    ,
    date = "",
    minutes = "00:00",
    seconds = "00",
    fraction = "",
    sign,
    hours = "00",
    rest = "00",
  ] = match;
  const micros = fraction.slice(0, 6).padEnd(6, "0");
  // Most are in UTC already. A Date for each of an import's rows took a third of what reading them takes.
  if (
    sign === undefined &&
    isCalendarDay(date) &&
    minutes < "24" &&
    seconds < "60" &&
    minutes.slice(3) < "60"
  )
    return `${date}T${minutes}:${seconds}.${micros}Z`;
  const ms = Date.parse(`${date}T${minutes}:${seconds}Z`);
  const offset = (Number(hours) * 60 + Number(rest)) * MINUTE_MS * (sign === "-" ? -1 : 1);
  if (Number.isNaN(ms) || !isCalendarDay(date) || Number(hours) > 23 || Number(rest) > 59) {
    throw new InvalidValue(`${show(value)} does not exist in the calendar`);
  }
  return format(ms - offset, micros);
}

/** Whole seconds since 1970, as Feast spells timestamps. */
export function toEpochSeconds(instant: Instant): number {
  return toMilliseconds(`${instant.slice(0, 19)}Z`) / SECOND_MS;
}

/** Milliseconds since 1970, microseconds cut. */
export function toMilliseconds(instant: Instant): number {
  return Date.parse(instant);
}

/** From microseconds since 1970. Throws InvalidValue outside the years 1 to 9999. */
export function instantOf(micros: bigint): Instant {
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return format(Number((micros - rest) / 1_000n), String(rest).padStart(6, "0"));
}

function fromEpochSeconds(value: number): Instant {
  const seconds = Math.floor(value);
  const micros = Math.round((value - seconds) * 1e6);
  const carry = micros === 1e6 ? 1 : 0;
  return format((seconds + carry) * SECOND_MS, String(carry ? 0 : micros).padStart(6, "0"));
}

function format(ms: number, micros: string): Instant {
  if (!(ms >= FIRST_MS && ms <= LAST_MS)) {
    throw new InvalidValue(
      "the time is outside the years 1 to 9999; numbers are read as epoch seconds",
    );
  }
  return `${new Date(ms).toISOString().slice(0, 19)}.${micros}Z`;
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether `YYYY-MM-DD` is a day from year 1 on. Date.parse rolls 30 February over into March instead of refusing it. */
function isCalendarDay(date: string): boolean {
  const year = Number(date.slice(0, 4));
  const month = Number(date.slice(5, 7));
  const day = Number(date.slice(8));
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && isLeap ? 29 : (DAYS[month - 1] ?? 0);
  return year > 0 && day > 0 && day <= days;
}
