import { type RecordBatch, RecordBatchReader } from "apache-arrow";
import { SluiceError } from "@sluice/errors";
import { invalidArgument } from "@sluice/http";
import { BadArrow, checkedMessages } from "./arrow-messages.ts";
import { arrowValues } from "./arrow-values.ts";
import type { ByteSource, InputRow, InputRows } from "./input-row.ts";
import { RowBudget } from "./row-budget.ts";

const MAX_BATCH_ROWS = 4_000_000;
const ROWS_AT_ONCE = 500;

/**
 * Reads an Arrow IPC stream, one record batch after the other. Compressed buffers are not taken: what they claim to
 * hold could not be bounded, and Content-Encoding does the same for the whole stream.
 */
export async function* readArrow(source: ByteSource): InputRows {
  const messages = new KeptFailure(checkedMessages(source));
  try {
    const reader = await (await RecordBatchReader.from(messages)).open();
    if (reader.schema === undefined) throw new BadArrow("it has no schema");
    let line = 1;
    for await (const batch of reader) {
      yield* rowsOf(batch, line);
      line += batch.numRows;
    }
  } catch (thrown) {
    // What went wrong with the upload itself comes through the library.
    const error = messages.failure ?? (thrown as Error);
    throw error instanceof SluiceError ? error : notArrow(error);
  }
}

function* rowsOf(batch: RecordBatch, firstLine: number): Generator<InputRow[]> {
  if (batch.numRows > MAX_BATCH_ROWS) throw new BadArrow(`a batch has ${batch.numRows} rows`);
  const names = batch.schema.fields.map(({ name }) => name);
  const budget = new RowBudget();
  const columns = batch.data.children.map((data, index) =>
    arrowValues(data, names[index]!, budget),
  );
  let rows: InputRow[] = [];
  for (let index = 0; index < batch.numRows; index += 1) {
    budget.beginRow(firstLine + index);
    const values = columns.map((valueAt) => valueAt(index));
    rows.push({ line: firstLine + index, names, values });
    if (rows.length < ROWS_AT_ONCE && !budget.isSpent) continue;
    yield rows;
    rows = [];
    budget.begin();
  }
  if (rows.length > 0) yield rows;
}

/** Keeps the error that ended the upload. */
class KeptFailure implements AsyncIterable<Uint8Array> {
  failure: Error | undefined;
  readonly #source: AsyncIterable<Uint8Array>;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for await (const bytes of this.#source) yield bytes;
    } catch (error) {
      this.failure = error as Error;
      throw error;
    }
  }
}

function notArrow(error: Error): SluiceError {
  return invalidArgument("/body", `is not an Arrow stream that can be read: ${error.message}`);
}
