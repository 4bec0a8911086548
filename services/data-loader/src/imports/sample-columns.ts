import { InvalidValue } from "@sluice/values";
import { COLUMNS, type Column } from "../samples/columns.ts";

/** Which column of the input stands for which: source by target. */
export type Rename = ReadonlyMap<string, string>;

/** A column of the input that goes into the attributes. */
export interface AttributeColumn {
  readonly name: string;
  readonly index: number;
}

/** Where the columns of a sample stand among those of an input. */
export interface SampleColumnPlaces {
  /** Index in the row's values; undefined: the input has no such column. */
  readonly of: Readonly<Partial<Record<Column, number>>>;
  /** All others, in the order of their names. */
  readonly attributes: readonly AttributeColumn[];
}

const SAMPLE_COLUMNS: ReadonlySet<string> = new Set(COLUMNS);

/**
 * Finds a sample's columns among the names of an input.
 * @throws InvalidValue, its path being the column, when two columns have one name
 */
export function placesOf(names: readonly string[], rename: Rename): SampleColumnPlaces {
  const targets = new Map([...rename].map(([target, source]) => [source, target]));
  const places = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    const target = targets.get(name) ?? name;
    if (places.has(target)) throw new InvalidValue("two columns have this name", target);
    places.set(target, index);
  }
  const of = Object.fromEntries([...places].filter(([name]) => SAMPLE_COLUMNS.has(name)));
  const attributes = [...places]
    .filter(([name]) => !SAMPLE_COLUMNS.has(name))
    .map(([name, index]) => ({ name, index }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { of, attributes };
}
