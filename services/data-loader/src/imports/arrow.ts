import { type RecordBatch, RecordBatchReader } from "apache-arrow";
import { SluiceError } from "@sluice/errors";
import { invalidArgument } from "@sluice/http";
import { arrowValues } from "./arrow-values.ts";
import type { ByteSource, InputRow, InputRows } from "./input-row.ts";

/** A record batch is held as a whole. */
const MAX_BATCH_BYTES = 128 * 1024 * 1024;
const MAX_BATCH_ROWS = 4_000_000;
const ROWS_AT_ONCE = 500;

/**
 * Reads an Arrow IPC stream, one record batch after the other. Compressed buffers are not taken: what they claim to
 * hold could not be bounded, and Content-Encoding does the same for the whole stream.
 */
export async function* readArrow(source: ByteSource): InputRows {
  const batches = new BatchBytes(source);
  try {
    const reader = await RecordBatchReader.from(batches);
    let line = 1;
    for await (const batch of reader) {
      batches.begin();
      yield* rowsOf(batch, line);
      line += batch.numRows;
    }
  } catch (error) {
    // What went wrong with the upload itself comes through the library.
    if (batches.failure !== undefined) throw batches.failure;
    throw error instanceof SluiceError ? error : notArrow(error as Error);
  }
}

function* rowsOf(batch: RecordBatch, firstLine: number): Generator<InputRow[]> {
  if (batch.numRows > MAX_BATCH_ROWS) throw new Error(`a batch has ${batch.numRows} rows`);
  const names = batch.schema.fields.map(({ name }) => name);
  const columns = batch.data.children.map((data, index) => arrowValues(data, names[index]!));
  for (let first = 0; first < batch.numRows; first += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, batch.numRows - first);
    yield Array.from({ length: count }, (_, offset) => ({
      line: firstLine + first + offset,
      names,
      values: columns.map((valueAt) => valueAt(first + offset)),
    }));
  }
}

/** Counts what comes for one record batch, and keeps the error that ended the upload. */
class BatchBytes implements AsyncIterable<Buffer> {
  failure: Error | undefined;
  readonly #source: ByteSource;
  #bytes = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  begin(): void {
    this.#bytes = 0;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of this.#source) {
        this.#bytes += chunk.length;
        if (this.#bytes > MAX_BATCH_BYTES) throw batchTooLarge();
        yield chunk;
      }
    } catch (error) {
      this.failure = error as Error;
      throw error;
    }
  }
}

function batchTooLarge(): SluiceError {
  const detail = `A record batch may have ${MAX_BATCH_BYTES} bytes. Write smaller ones.`;
  return new SluiceError("PAYLOAD_TOO_LARGE", detail);
}

function notArrow(error: Error): SluiceError {
  return invalidArgument("/body", `is not an Arrow stream that can be read: ${error.message}`);
}
