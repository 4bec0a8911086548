import { SluiceError } from "@sluice/errors";
import { type Instant, InvalidValue, parseInstant } from "@sluice/values";
import { Faults } from "../faults.ts";
import { entityKey } from "../lookup/entity-key.ts";
import type { Stored } from "../values/codec.ts";
import type { FeatureView, Field } from "../views/view.ts";

export const MAX_PUSH_ROWS = 10_000;
/** Rows × columns: keeps the work on one push under a second. */
export const MAX_PUSH_VALUES = 1_000_000;
/** An answer holds thousands of rows in memory. */
const MAX_ROW_CHARACTERS = 1024 * 1024;

const EVENT_TIME = "event_timestamp";
/** Feast's clients send it with every write; the server notes the time of writing itself. */
const IGNORED = "created";

/** A data frame as Feast sends it: columns by name. */
export type Frame = Readonly<Record<string, readonly unknown[]>>;

/** One entity's new values. */
export interface PushRow {
  readonly entityKey: string;
  /** JSON object of stored values by feature name. */
  readonly featureValues: string;
  /** null: the moment of the push, by the database's clock. */
  readonly eventTime: Instant | null;
}

/** Names of the frame's columns that are not in the view. */
export function unknownColumns(view: FeatureView, frame: Frame): string[] {
  const joinKeys = new Set(view.joinKeys.map(({ name }) => name));
  return Object.keys(frame).filter(
    (name) =>
      name !== EVENT_TIME && name !== IGNORED && !joinKeys.has(name) && !view.features.has(name),
  );
}

/**
 * Reads a frame whose columns are known to be the view's: all join keys, some features.
 * @throws SluiceError TOO_MANY_ROWS; VALIDATION_FAILED with the place of each fault, e.g. `df.flights[3]`
 */
export function parseFrame(view: FeatureView, frame: Frame): PushRow[] {
  const faults = new Faults();
  const columns = new Map(Object.entries(frame));
  const rows = countRows(view, columns, faults);
  const features = [...view.features.values()].filter(({ name }) => columns.has(name));
  if (features.length === 0) faults.add("df", `has no feature of "${view.name}"`);
  faults.throwIfAny();
  const keys = entityKeys(view, columns, rows, faults);
  const values = features.map((field) => parseColumn(field, columns.get(field.name) ?? [], faults));
  const times = eventTimes(columns.get(EVENT_TIME), faults);
  faults.throwIfAny();
  const members = features.map(({ name }, index) => ({
    name: JSON.stringify(name),
    values: values[index] ?? [],
  }));
  const parsed = keys.map((key, row) => ({
    entityKey: key,
    featureValues: `{${members.map((column) => `${column.name}:${JSON.stringify(column.values[row])}`).join()}}`,
    eventTime: times?.[row] ?? null,
  }));
  for (const [row, { featureValues }] of parsed.entries()) {
    if (featureValues.length > MAX_ROW_CHARACTERS)
      faults.add(
        `df[${row}]`,
        `has values of ${featureValues.length} characters as JSON; an entity takes ${MAX_ROW_CHARACTERS}`,
      );
  }
  faults.throwIfAny();
  return parsed;
}

function countRows(
  view: FeatureView,
  columns: ReadonlyMap<string, readonly unknown[]>,
  faults: Faults,
): number {
  const [rows = 0] = [...columns.values()].map((column) => column.length);
  for (const { name } of view.joinKeys) {
    if (!columns.has(name)) faults.add(`df.${name}`, `is missing; "${view.name}" is keyed by it`);
  }
  for (const [name, { length }] of columns) {
    if (length !== rows)
      faults.add(`df.${name}`, `has ${length} rows where the first column has ${rows}`);
  }
  faults.throwIfAny();
  if (rows > MAX_PUSH_ROWS) {
    const detail = `The push has ${rows} rows; one call takes ${MAX_PUSH_ROWS}. Split it.`;
    throw new SluiceError("TOO_MANY_ROWS", detail, { extra: { limit: MAX_PUSH_ROWS } });
  }
  const values = rows * columns.size;
  if (values > MAX_PUSH_VALUES) {
    const detail = `The push has ${values} values (rows × columns); one call takes ${MAX_PUSH_VALUES}. Split it.`;
    throw new SluiceError("TOO_MANY_ROWS", detail, { extra: { limit: MAX_PUSH_VALUES } });
  }
  return rows;
}

function entityKeys(
  { joinKeys }: FeatureView,
  columns: ReadonlyMap<string, readonly unknown[]>,
  rows: number,
  faults: Faults,
): string[] {
  const parsed = joinKeys.map(({ name, codec }) =>
    parseEach(name, columns.get(name) ?? [], faults, (value) =>
      codec.parse(required(value, "a join key")),
    ),
  );
  faults.throwIfAny();
  return Array.from({ length: rows }, (_, row) => {
    const values = parsed.map((column) => column[row] as Stored);
    return (
      faults.collect(
        () => `df[${row}]`,
        () => entityKey(joinKeys, values),
      ) ?? ""
    );
  });
}

function parseColumn(
  { name, codec }: Field,
  column: readonly unknown[],
  faults: Faults,
): (Stored | null)[] {
  return parseEach(name, column, faults, (value) => (value === null ? null : codec.parse(value)));
}

function eventTimes(
  column: readonly unknown[] | undefined,
  faults: Faults,
): (Instant | null)[] | undefined {
  return (
    column &&
    parseEach(EVENT_TIME, column, faults, (value) => parseInstant(required(value, EVENT_TIME)))
  );
}

function parseEach<T>(
  name: string,
  column: readonly unknown[],
  faults: Faults,
  parse: (value: unknown) => T,
): (T | null)[] {
  return column.map((value, row) =>
    faults.collect(
      () => `df.${name}[${row}]`,
      () => parse(value),
    ),
  );
}

function required(value: unknown, what: string): unknown {
  if (value === null) throw new InvalidValue(`${what} cannot be null`);
  return value;
}
