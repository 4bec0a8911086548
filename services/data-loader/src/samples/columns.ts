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

/** Bytes of the columns of one answer that nothing else bounds; a single row always has less. */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** Columns of any length, and their bytes in a row of the relation `sample`. */
const SIZES: Readonly<Partial<Record<Column, RawBuilder<unknown>>>> = {
  uri: sql`coalesce(octet_length(sample.uri), 0)`,
  attributes: sql`coalesce(octet_length(sample.attributes::text), 0)`,
};

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
 * The bytes of a row of `sample` and of all before it in an order: what a subquery called `sample` must select as `bytes`
 * for `fits` and `columnTexts`. Nothing is counted when all columns are bounded.
 */
export function bytesUpTo(
  columns: readonly Column[],
  order: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const sizes = columns.flatMap((column) => SIZES[column] ?? []);
  if (sizes.length === 0) return sql`0`;
  const size = sql.join(sizes, sql` + `);
  return sql`sum(${size}) over (order by ${order} rows unbounded preceding)`;
}

/** Whether a row of `sample` still belongs to an answer of bounded size. */
export const FITS = sql`sample.bytes <= ${sql.lit(MAX_ANSWER_BYTES)}`;

/**
 * Each column of those rows of a relation called `sample` that fit, in the relation's order, as the text of a JSON array.
 * The server writes JSON faster than the driver reads rows, and what is only passed on need not be understood on the way.
 */
export function columnTexts(columns: readonly Column[]): RawBuilder<unknown> {
  return sql.join(
    columns.map(
      (column) =>
        sql`coalesce((json_agg(${VALUES[column]}) filter (where ${FITS}))::text, '[]') as ${sql.ref(column)}`,
    ),
  );
}
