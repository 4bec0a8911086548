import { SluiceError } from "@sluice/errors";
import { type RawBuilder, sql } from "kysely";

/** The columns of a sample, in the order in which they are shown. */
export const COLUMNS = [
  "sample_id",
  "feature_hash",
  "label",
  "uri",
  "created_at",
  "attributes",
] as const;
export type Column = (typeof COLUMNS)[number];

/** What is shown when nothing is asked for: what the indexes cover, so that the table itself need not be read. */
export const DEFAULT_COLUMNS: readonly Column[] = [
  "sample_id",
  "feature_hash",
  "label",
  "created_at",
];

/** Some columns of some samples: each a JSON array as text, all of the same length. */
export type ColumnTexts = Readonly<Partial<Record<Column, string>>>;

/**
 * Columns from `a,b` of a query or a list of a body, in the order of the table and each once.
 * @throws SluiceError VALIDATION_FAILED for a name that is none
 */
export function columnsOf(names: readonly string[] | undefined): readonly Column[] {
  if (names === undefined) return DEFAULT_COLUMNS;
  const unknown = names.filter((name) => !(COLUMNS as readonly string[]).includes(name));
  if (unknown.length === 0) return COLUMNS.filter((column) => names.includes(column));
  const detail = `There is no column ${unknown.join(", ")}; samples have ${COLUMNS.join(", ")}.`;
  const errors = unknown.map((name) => ({ path: "columns", message: `"${name}" is no column` }));
  throw new SluiceError("VALIDATION_FAILED", detail, { extra: { errors } });
}

/** A column of the relation `sample` as a value that `json_agg` takes. */
const VALUES: Readonly<Record<Column, RawBuilder<unknown>>> = {
  sample_id: sql`sample.sample_id`,
  feature_hash: sql`sample.feature_hash`,
  label: sql`sample.label`,
  uri: sql`sample.uri`,
  created_at: sql`to_char(sample.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
  attributes: sql`coalesce(sample.attributes, '{}')`,
};

/** `sample.a as a, …`: what a subquery called `sample` must select for `columnTexts`. */
export function columnNames(columns: readonly Column[]): RawBuilder<unknown> {
  return sql.join(columns.map((column) => sql`sample.${sql.ref(column)}`));
}

/**
 * Each column of the rows of a relation called `sample`, in the relation's order, as the text of a JSON array. The server
 * writes JSON faster than the driver reads rows, and what is only passed on need not be understood on the way.
 */
export function columnTexts(columns: readonly Column[]): RawBuilder<unknown> {
  return sql.join(
    columns.map(
      (column) => sql`coalesce(json_agg(${VALUES[column]})::text, '[]') as ${sql.ref(column)}`,
    ),
  );
}
