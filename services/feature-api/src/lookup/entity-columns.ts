import { SluiceError } from "@sluice/errors";
import { Faults } from "../faults.ts";
import { InvalidValue } from "@sluice/values";
import type { Stored } from "../values/codec.ts";
import type { FeatureView, Field } from "../views/view.ts";
import { entityKey } from "./entity-key.ts";

/** DESIGN §7. */
export const MAX_ENTITY_ROWS = 5_000;

/** The entities of a batch request. */
export interface EntityColumns {
  readonly rows: number;
  /** The join keys among the request's columns, in its order. */
  readonly joinKeys: readonly { readonly field: Field; readonly values: readonly Stored[] }[];
  /** The entities of each view; views with the same join keys have the same ones. */
  readonly named: ReadonlyMap<FeatureView, NamedEntities>;
}

/** The entities that rows name. */
export interface NamedEntities {
  /** Of each row. */
  readonly rowKeys: readonly string[];
  /** The same, each once. */
  readonly keys: readonly string[];
}

/**
 * Reads the columns that are join keys of the views; others are ignored, as Feast does.
 * @throws SluiceError TOO_MANY_ROWS, VALIDATION_FAILED when columns are ragged or missing or values have another type
 */
export function parseEntityColumns(
  entities: Readonly<Record<string, readonly unknown[]>>,
  views: readonly FeatureView[],
): EntityColumns {
  const faults = new Faults();
  const columns = new Map(Object.entries(entities));
  const rows = countRows(columns, faults);
  const fields = new Map<string, Field>();
  for (const view of views)
    for (const field of view.joinKeys) declare(view, field, columns, fields, faults);
  faults.throwIfAny();
  const parsed = new Map<string, Stored[]>();
  for (const [name, field] of fields)
    parsed.set(name, parseColumn(field, columns.get(name) ?? [], faults));
  faults.throwIfAny();
  const named = entitiesOf(views, parsed, rows, faults);
  faults.throwIfAny();
  const inRequest = [...columns.keys()].filter((name) => fields.has(name));
  const joinKeys = inRequest.map((name) => ({
    field: fields.get(name) as Field,
    values: parsed.get(name) ?? [],
  }));
  return { rows, joinKeys, named };
}

function countRows(columns: ReadonlyMap<string, readonly unknown[]>, faults: Faults): number {
  const [rows = 0] = [...columns.values()].map((column) => column.length);
  for (const [name, { length }] of columns) {
    if (length !== rows)
      faults.add(`entities.${name}`, `has ${length} rows where the first column has ${rows}`);
  }
  faults.throwIfAny();
  if (rows > MAX_ENTITY_ROWS) {
    const detail = `The request asks for ${rows} entity rows; one call takes ${MAX_ENTITY_ROWS}. Split it.`;
    throw new SluiceError("TOO_MANY_ROWS", detail, { extra: { limit: MAX_ENTITY_ROWS } });
  }
  return rows;
}

function declare(
  view: FeatureView,
  field: Field,
  columns: ReadonlyMap<string, unknown>,
  fields: Map<string, Field>,
  faults: Faults,
): void {
  const path = `entities.${field.name}`;
  const other = fields.get(field.name);
  if (!columns.has(field.name)) faults.add(path, `is missing; "${view.name}" is keyed by it`);
  if (other !== undefined && other.type !== field.type) {
    faults.add(
      path,
      `is ${other.type} in one of the views and ${field.type} in "${view.name}"; ask for them apart`,
    );
  }
  fields.set(field.name, field);
}

function parseColumn({ name, codec }: Field, column: readonly unknown[], faults: Faults): Stored[] {
  return column.map((value, index) =>
    faults.collect(
      () => `entities.${name}[${index}]`,
      () => {
        if (value === null) throw new InvalidValue("a join key cannot be null");
        return codec.parse(value);
      },
    ),
  );
}

function entitiesOf(
  views: readonly FeatureView[],
  parsed: ReadonlyMap<string, Stored[]>,
  rows: number,
  faults: Faults,
): Map<FeatureView, NamedEntities> {
  const known = new Map<string, NamedEntities>();
  const named = new Map<FeatureView, NamedEntities>();
  for (const view of views) {
    const joinKeys = JSON.stringify(view.joinKeys.map(({ name }) => name));
    let entities = known.get(joinKeys);
    if (entities === undefined) {
      const rowKeys = keysOf(view.joinKeys, parsed, rows, faults);
      entities = { rowKeys, keys: [...new Set(rowKeys)] };
      known.set(joinKeys, entities);
    }
    named.set(view, entities);
  }
  return named;
}

function keysOf(
  joinKeys: readonly Field[],
  parsed: ReadonlyMap<string, Stored[]>,
  rows: number,
  faults: Faults,
): string[] {
  const columns = joinKeys.map(({ name }) => parsed.get(name) ?? []);
  return Array.from({ length: rows }, (_, row) => {
    const values = columns.map((column) => column[row] as Stored);
    return (
      faults.collect(
        () => `entities[${row}]`,
        () => entityKey(joinKeys, values),
      ) ?? ""
    );
  });
}
