import { hash } from "node:crypto";
import { SluiceError } from "@sluice/errors";
import { parseJson } from "@sluice/http";
import { type Instant, InvalidValue, parseInstant } from "@sluice/values";
import type { Column } from "../samples/columns.ts";
import { assertStorable, canonicalJson, stringJson } from "./canonical-json.ts";
import type { InputRow } from "./input-row.ts";
import { placesOf, type Rename, type SampleColumnPlaces } from "./sample-columns.ts";

/** How the rows of a part are read. */
export interface Reading {
  readonly rename: Rename;
  /** Rows without a sample id get this and their number, nine digits from 0. */
  readonly sampleIdPrefix: string | undefined;
  /** What a row without `created_at` gets. */
  readonly importedAt: Instant;
}

/** A sample, checked and ready to be stored. */
export interface SampleRow {
  readonly sampleId: string;
  readonly featureHash: string;
  readonly label: string | null;
  readonly uri: string | null;
  readonly createdAt: Instant;
  /** Canonical JSON object; null: it has none. */
  readonly attributes: string | null;
  /** All of it as canonical JSON. */
  readonly canonical: string;
}

const MAX_ATTRIBUTES_BYTES = 1024 * 1024;
/** As the table's CHECK constraints have it; an index entry is limited. */
const MAX_BYTES: Readonly<Partial<Record<Column, number>>> = {
  sample_id: 512,
  feature_hash: 256,
  label: 512,
  uri: 8_192,
};

const DECIMAL = /^-?\d{1,12}(?:\.\d+)?$/;

/** Reads the rows of one part. */
export class RowReader {
  readonly #reading: Reading;
  #names: readonly string[] | undefined;
  #places: SampleColumnPlaces | undefined;
  readonly #unseen: Set<string>;

  constructor(reading: Reading) {
    this.#reading = reading;
    this.#unseen = new Set(reading.rename.values());
  }

  /** Columns that were to be renamed and that no row had: misspelt, most likely. */
  get unseen(): readonly string[] {
    return [...this.#unseen];
  }

  /**
   * The sample that a row of the input stands for.
   *
   * Canonical JSON of a sample is `{"attributes":{…},"created_at":"…","feature_hash":"…","label":"…","sample_id":"…","uri":"…"}`
   * without spaces, names in order of their code units at every level, absent members left out. A row without
   * `feature_hash` gets the SHA-256 of it in hex, without `feature_hash`, and without `created_at` unless the row has one.
   * @param position counts from 0
   * @throws InvalidValue, its path being the column
   */
  read({ names, values }: InputRow, position: number): SampleRow {
    const { of, attributes: columns } = this.#placesOf(names);
    const at = (column: Column): unknown =>
      of[column] === undefined ? undefined : values[of[column]];
    const sampleId = text("sample_id", at("sample_id")) ?? this.#numbered(position);
    const label = text("label", at("label"));
    const uri = text("uri", at("uri"));
    const given = instant(at("created_at"));
    const attributes = attributesText(at("attributes"), columns, values);
    const head = attributes === null ? "" : `"attributes":${attributes},`;
    const time = given === undefined ? "" : `"created_at":"${given}",`;
    const tail = `${member("label", label)}"sample_id":${JSON.stringify(sampleId)}${uri === null ? "" : `,"uri":${JSON.stringify(uri)}`}}`;
    const featureHash =
      text("feature_hash", at("feature_hash")) ?? hash("sha256", `{${head}${time}${tail}`);
    const createdAt = given ?? this.#reading.importedAt;
    const canonical = `{${head}"created_at":"${createdAt}",${member("feature_hash", featureHash)}${tail}`;
    return { sampleId, featureHash, label, uri, createdAt, attributes, canonical };
  }

  #placesOf(names: readonly string[]): SampleColumnPlaces {
    if (this.#places === undefined || names !== this.#names) {
      this.#places = placesOf(names, this.#reading.rename);
      this.#names = names;
      for (const name of names) this.#unseen.delete(name);
    }
    return this.#places;
  }

  #numbered(position: number): string {
    const { sampleIdPrefix } = this.#reading;
    if (sampleIdPrefix !== undefined)
      return `${sampleIdPrefix}${String(position).padStart(9, "0")}`;
    throw new InvalidValue("is missing; send it, or ?sample_id_prefix=", "sample_id");
  }
}

function member(name: string, value: string | null): string {
  return value === null ? "" : `"${name}":${JSON.stringify(value)},`;
}

/** A text, or the JSON text of a number or boolean. */
function text(column: Column, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const found = typeof value === "string" ? value : scalarText(column, value);
  const limit = MAX_BYTES[column]!;
  // A code unit has at most three bytes in UTF-8.
  if (found.length * 3 > limit && Buffer.byteLength(found) > limit)
    throw new InvalidValue(`is longer than ${limit} bytes`, column);
  if (found === "" && (column === "sample_id" || column === "feature_hash"))
    throw new InvalidValue("is empty", column);
  assertStorable(found, column);
  return found;
}

function scalarText(column: Column, value: unknown): string {
  if (typeof value === "object" && !JSON.isRawJSON(value))
    throw new InvalidValue("is neither a text nor a number", column);
  return canonicalJson(value, column);
}

function instant(value: unknown): Instant | undefined {
  if (value === null || value === undefined) return undefined;
  const number = JSON.isRawJSON(value) ? value.rawJSON : value;
  const isNumber = typeof number === "string" && (number !== value || DECIMAL.test(number));
  try {
    return parseInstant(isNumber ? Number(number) : number);
  } catch (error) {
    if (error instanceof InvalidValue) throw new InvalidValue(error.message, "created_at");
    throw error;
  }
}

function attributesText(
  own: unknown,
  columns: SampleColumnPlaces["attributes"],
  values: readonly unknown[],
): string | null {
  if (own !== null && own !== undefined) return withOwn(objectOf(own), columns, values);
  let members = "";
  for (const { name, index } of columns) {
    const value = values[index];
    if (value === undefined) continue;
    if (typeof value === "string" && value.length > MAX_ATTRIBUTES_BYTES)
      throw new InvalidValue(`is longer than ${MAX_ATTRIBUTES_BYTES} bytes`, name);
    members += `${members === "" ? "" : ","}${stringJson(name, name)}:${canonicalJson(value, name)}`;
  }
  return members === "" ? null : bounded(`{${members}}`);
}

/** Both an `attributes` object and columns of their own. */
function withOwn(
  own: Readonly<Record<string, unknown>>,
  columns: SampleColumnPlaces["attributes"],
  values: readonly unknown[],
): string {
  const merged = new Map(Object.entries(own));
  for (const { name, index } of columns) {
    if (values[index] === undefined) continue;
    if (merged.has(name)) throw new InvalidValue("is a column and in attributes as well", name);
    merged.set(name, values[index]);
  }
  return bounded(canonicalJson(Object.fromEntries(merged), "attributes"));
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  const found = typeof value === "string" ? parsed(value) : value;
  if (
    typeof found === "object" &&
    found !== null &&
    !Array.isArray(found) &&
    !JSON.isRawJSON(found)
  )
    return found as Readonly<Record<string, unknown>>;
  throw new InvalidValue("is not a JSON object", "attributes");
}

function parsed(json: string): unknown {
  try {
    return parseJson(Buffer.from(json), { exactNumbers: true });
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    throw new InvalidValue("is not a JSON object", "attributes");
  }
}

function bounded(attributes: string): string {
  if (attributes.length * 3 <= MAX_ATTRIBUTES_BYTES) return attributes;
  if (Buffer.byteLength(attributes) <= MAX_ATTRIBUTES_BYTES) return attributes;
  throw new InvalidValue(`are longer than ${MAX_ATTRIBUTES_BYTES} bytes as JSON`, "attributes");
}
