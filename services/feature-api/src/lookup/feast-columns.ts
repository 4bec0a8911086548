import type { Codec, Stored } from "../values/codec.ts";
import type { FeatureView, Field } from "../views/view.ts";
import type { AnswerSize } from "./answer-size.ts";
import { ageSeconds, isExpired } from "./freshness.ts";
import type { EntityRow } from "./queries.ts";
import { noStatuses, type Status } from "./served-metrics.ts";
import { storedValue } from "./stored-value.ts";

/** What Feast sends for a time where there is none. */
const EPOCH = '"1970-01-01T00:00:00Z"';

/** The JSON text of no value. */
const NOTHING = "null";

/** The rows of one view in a batch, judged once for all of its features. */
export interface ServedRows {
  readonly rows: readonly (EntityRow | undefined)[];
  /** Status of a row's values that are not null. */
  readonly statuses: readonly Status[];
  /** Seconds, of the rows found. */
  readonly ages: readonly number[];
  /** JSON text, the same for every feature of the view. */
  readonly eventTimestamps: string;
  /** Values served of these rows so far, by status. */
  readonly counts: Record<Status, number>;
}

export function judgeRows(
  view: FeatureView,
  rows: readonly (EntityRow | undefined)[],
  nowMs: number,
): ServedRows {
  const ages: number[] = [];
  const statuses = rows.map((row): Status => {
    if (row === undefined) return "NOT_FOUND";
    const age = ageSeconds(row.event_time, nowMs);
    ages.push(age);
    return isExpired(view, age) ? "OUTSIDE_MAX_AGE" : "PRESENT";
  });
  const times = rows.map((row) => (row === undefined ? EPOCH : JSON.stringify(row.event_time)));
  return { rows, statuses, ages, eventTimestamps: `[${times.join()}]`, counts: noStatuses() };
}

/** One element of Feast's `results`: a join key, always present. */
export function joinKeyColumn({ codec }: Field, values: readonly Stored[]): string {
  const json = values.map((value) => codec.encodeForFeast(value));
  return column(
    json,
    values.map(() => "PRESENT"),
    `[${values.map(() => EPOCH).join()}]`,
  );
}

/** One element of Feast's `results`: a feature. Adds its statuses to the rows' counts. */
export function featureColumn(
  { name, codec }: Field,
  served: ServedRows,
  includeStale: boolean,
  size: AnswerSize,
): string {
  const statuses = new Array<Status>(served.rows.length);
  const values = served.rows.map((row, index) => {
    const text = row === undefined ? NOTHING : feastText(codec, storedValue(row, name));
    const status = statusOf(served.statuses[index] as Status, text);
    statuses[index] = status;
    served.counts[status] += 1;
    const isShown = status === "PRESENT" || (status === "OUTSIDE_MAX_AGE" && includeStale);
    return size.add(isShown ? text : NOTHING);
  });
  return column(values, statuses, served.eventTimestamps);
}

function statusOf(rowStatus: Status, text: string): Status {
  return rowStatus === "PRESENT" && text === NOTHING ? "NULL_VALUE" : rowStatus;
}

/** Feast's client cannot infer the type of `[]` and raises a TypeError, so that it goes out as null. */
function feastText(codec: Codec, value: Stored): string {
  const text = value === null ? NOTHING : codec.encodeForFeast(value);
  return text === "[]" ? NOTHING : text;
}

function quoted(status: string): string {
  return `"${status}"`;
}

function column(
  values: readonly string[],
  statuses: readonly string[],
  eventTimestamps: string,
): string {
  return `{"values":[${values.join()}],"statuses":[${statuses.map(quoted).join()}],"event_timestamps":${eventTimestamps}}`;
}
