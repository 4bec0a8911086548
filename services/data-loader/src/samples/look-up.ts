import { SluiceError } from "@sluice/errors";
import type { Answer } from "../encodings/answer.ts";
import type { Queryable } from "../data-loader.ts";
import { requireSealedState } from "../versions/version.ts";
import { type Column, MAX_ANSWER_BYTES } from "./columns.ts";
import { findSamples, type KeyColumn } from "./look-up-queries.ts";
import { sampleColumns } from "./sample-columns.ts";

/** Keys of one call. */
const MAX_KEYS = 10_000;
/** Rows of one answer: many samples may share a hash. */
const MAX_ROWS = 100_000;

export interface LookUp {
  readonly datasetId: string;
  readonly version: number;
  readonly keyColumn: KeyColumn;
  readonly keys: readonly string[];
  readonly columns: readonly Column[];
}

/**
 * The samples that have the keys, in the order of the request, repeated where a key is, and the keys that no sample of the
 * version has.
 * @throws SluiceError TOO_MANY_ROWS, VERSION_NOT_FOUND, VERSION_NOT_SEALED, VERSION_DELETED
 */
export async function lookUp(
  db: Queryable,
  { datasetId, version, keyColumn, keys, columns }: LookUp,
): Promise<Answer> {
  if (keys.length > MAX_KEYS) throw tooManyKeys(keyColumn, keys.length);
  const found = await findSamples(db, { datasetId, version }, keyColumn, {
    keys: keys.map((key) => (isStorable(key) ? key : null)),
    columns,
    maxRows: MAX_ROWS + 1,
  });
  requireSealedState(version, found?.state);
  const { count, fitting, index, texts } = found!;
  if (count > MAX_ROWS) throw tooManyRows(keyColumn);
  if (fitting < count) throw tooManyBytes("Ask for fewer samples in a call, or for fewer columns.");
  return {
    members: { version, missing: missingKeys(keys, JSON.parse(index) as number[]) },
    count,
    columns: sampleColumns(columns, texts),
    beside: [{ name: "index", type: "integer", text: index }],
  };
}

/** @param advice what to ask for instead */
export function tooManyBytes(advice: string): SluiceError {
  const detail = `The columns uri and attributes of what was asked for have more than ${MAX_ANSWER_BYTES} bytes, the most of one answer. ${advice}`;
  return new SluiceError("TOO_MANY_ROWS", detail, { extra: { limit_bytes: MAX_ANSWER_BYTES } });
}

/** PostgreSQL's text has neither U+0000 nor halves of surrogate pairs: no sample has such a key. */
export function isStorable(key: string): boolean {
  return key.isWellFormed() && !key.includes("\0");
}

/** Each once, in the order of the request. */
function missingKeys(keys: readonly string[], foundAt: readonly number[]): string[] {
  const isFound = new Uint8Array(keys.length);
  for (const position of foundAt) isFound[position] = 1;
  return [...new Set(keys.filter((_, position) => isFound[position] === 0))];
}

function tooManyKeys(keyColumn: KeyColumn, keys: number): SluiceError {
  const detail = `The call asks for ${keys} values of ${keyColumn}; one call takes ${MAX_KEYS}. Split it.`;
  return new SluiceError("TOO_MANY_ROWS", detail, { extra: { limit: MAX_KEYS } });
}

function tooManyRows(keyColumn: KeyColumn): SluiceError {
  const detail = `More than ${MAX_ROWS} samples have these values of ${keyColumn}. Ask for fewer in a call, or read the version page by page.`;
  return new SluiceError("TOO_MANY_ROWS", detail, { extra: { limit: MAX_ROWS } });
}
