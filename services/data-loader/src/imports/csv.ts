import { Readable } from "node:stream";
import { CsvError, type InfoRecord, parse } from "csv-parse";
import type { ByteSource, InputRow, InputRows } from "./input-row.ts";
import { MAX_LINE_BYTES } from "./ndjson.ts";
import { type RowFaults, unreadable } from "./row-faults.ts";
import { NotUtf8, onlyUtf8 } from "./utf8.ts";

const ROWS_AT_ONCE = 500;
/** Of so many columns a row is read before the next. */
const FIELDS_AT_ONCE = 50_000;
const MAX_COLUMNS = 10_000;

/** Records that are read ahead: each may have as many fields as bytes. A stream's option, and the parser is one. */
const FEW_WAIT: object = { readableHighWaterMark: 2 };

interface CsvRecord {
  readonly info: InfoRecord;
  readonly record: readonly string[];
}

/** Reads RFC 4180 with a head line. All values are texts; an empty field is none. Empty lines are passed over. */
export async function* readCsv(source: ByteSource, faults: RowFaults): InputRows {
  const parser = parse({
    bom: true,
    info: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: MAX_LINE_BYTES,
    ...FEW_WAIT,
  });
  const bytes = Readable.from(onlyUtf8(source));
  bytes.once("error", (error) => parser.destroy(error));
  try {
    yield* rowsOf(bytes.pipe(parser) as AsyncIterable<CsvRecord>, faults);
  } catch (error) {
    if (error instanceof NotUtf8)
      unreadable(faults, {
        line: error.line,
        column: null,
        value: undefined,
        reason: "is not UTF-8",
      });
    if (!(error instanceof CsvError)) throw error;
    const line = Number(error["lines"]);
    const reason = `is not CSV (RFC 4180): ${error.message}`;
    unreadable(faults, { line, column: null, value: undefined, reason });
  } finally {
    bytes.destroy();
  }
}

async function* rowsOf(records: AsyncIterable<CsvRecord>, faults: RowFaults): InputRows {
  let names: readonly string[] | undefined;
  let rows: InputRow[] = [];
  for await (const { record, info } of records) {
    if (names === undefined) {
      names = record;
      if (names.length > MAX_COLUMNS)
        unreadable(faults, {
          line: 1,
          column: null,
          value: undefined,
          reason: `has ${names.length} columns; the limit is ${MAX_COLUMNS}`,
        });
      continue;
    }
    const line = info.lines - lineBreaksIn(record);
    if (record.length === names.length) {
      rows.push({ line, names, values: record.map((field) => (field === "" ? undefined : field)) });
    } else {
      const reason = `has ${record.length} fields where the head line has ${names.length}`;
      faults.add({ line, column: null, value: undefined, reason });
    }
    if (rows.length < ROWS_AT_ONCE && rows.length * names.length < FIELDS_AT_ONCE) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

/** A record's position is known where it ends. */
function lineBreaksIn(record: readonly string[]): number {
  let breaks = 0;
  for (const field of record) {
    for (let at = field.indexOf("\n"); at >= 0; at = field.indexOf("\n", at + 1)) breaks += 1;
  }
  return breaks;
}
