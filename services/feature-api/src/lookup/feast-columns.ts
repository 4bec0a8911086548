import type { Codec, Stored } from "../values/codec.ts";
import type { FeatureView, Field } from "../views/view.ts";
import type { AnswerSize } from "./answer-size.ts";
import { ageSeconds, isExpired } from "./freshness.ts";
import type { EntityRow } from "./queries.ts";
import { noStatuses, type Status, STATUSES } from "./served-metrics.ts";
import { storedValue } from "./stored-value.ts";

/** What Feast sends for a time where there is none. */
const EPOCH = '"1970-01-01T00:00:00Z"';

/** The JSON text of no value. */
const NOTHING = "null";

/** The rows of one view in a batch, judged once for all of its features. */
export interface ServedRows {
  /** Rows whose values are shown. */
  readonly shown: readonly (EntityRow | undefined)[];
  /** Status of a row's values that are not null. */
  readonly statuses: readonly Status[];
  /** How many rows have each of them. */
  readonly rowCounts: Readonly<Record<Status, number>>;
  /** JSON text, of a feature that is null nowhere. */
  readonly statusesText: string;
  /** JSON text, the same for every feature of the view. */
  readonly eventTimestamps: string;
  /** Seconds, of the rows found. */
  readonly ages: readonly number[];
  /** Values served of these rows so far, by status. */
  readonly counts: Record<Status, number>;
}

/** `includeStale`: rows that have outlived the view's TTL are shown all the same. */
export function judgeRows(
  view: FeatureView,
  rows: readonly (EntityRow | undefined)[],
  { nowMs, includeStale }: { nowMs: number; includeStale: boolean },
): ServedRows {
  const ages: number[] = [];
  const rowCounts = noStatuses();
  const statuses = rows.map((row): Status => {
    if (row === undefined) return "NOT_FOUND";
    const age = ageSeconds(row.event_time, nowMs);
    ages.push(age);
    return isExpired(view, age) ? "OUTSIDE_MAX_AGE" : "PRESENT";
  });
  for (const status of statuses) rowCounts[status] += 1;
  const times = rows.map((row) => (row === undefined ? EPOCH : JSON.stringify(row.event_time)));
  return {
    shown: includeStale
      ? rows
      : rows.map((row, i) => (statuses[i] === "PRESENT" ? row : undefined)),
    statuses,
    rowCounts,
    statusesText: listOf(statuses.map(quoted)),
    eventTimestamps: listOf(times),
    ages,
    counts: noStatuses(),
  };
}

/** One element of Feast's `results`: a join key, always present. */
export function joinKeyColumn({ codec }: Field, values: readonly Stored[]): string {
  const json = values.map((value) => codec.encodeForFeast(value));
  const statuses = listOf(values.map(() => quoted("PRESENT")));
  return column(json, statuses, listOf(values.map(() => EPOCH)));
}

/** One element of Feast's `results`: a feature. Adds its statuses to the rows' counts. */
export function featureColumn(
  { name, codec }: Field,
  served: ServedRows,
  size: AnswerSize,
): string {
  const isNull = (text: string, row: number): boolean =>
    text === NOTHING && served.statuses[row] === "PRESENT";
  const values = served.shown.map((row) =>
    size.add(row === undefined ? NOTHING : feastText(codec, storedValue(row, name))),
  );
  const nulls = values.reduce((count, text, row) => count + (isNull(text, row) ? 1 : 0), 0);
  count(served, nulls);
  const statuses =
    nulls === 0
      ? served.statusesText
      : listOf(
          served.statuses.map((status, row) =>
            quoted(isNull(values[row] as string, row) ? "NULL_VALUE" : status),
          ),
        );
  return column(values, statuses, served.eventTimestamps);
}

function count({ counts, rowCounts }: ServedRows, nulls: number): void {
  for (const status of STATUSES) counts[status] += rowCounts[status];
  counts.PRESENT -= nulls;
  counts.NULL_VALUE += nulls;
}

/** Feast's client cannot infer the type of `[]` and raises a TypeError, so that it goes out as null. */
function feastText(codec: Codec, value: Stored): string {
  const text = value === null ? NOTHING : codec.encodeForFeast(value);
  return text === "[]" ? NOTHING : text;
}

function quoted(status: Status): string {
  return `"${status}"`;
}

function listOf(texts: readonly string[]): string {
  return `[${texts.join()}]`;
}

function column(values: readonly string[], statuses: string, eventTimestamps: string): string {
  return `{"values":${listOf(values)},"statuses":${statuses},"event_timestamps":${eventTimestamps}}`;
}
