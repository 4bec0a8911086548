import {
  AsyncByteQueue,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
} from "apache-arrow";
import { arrowData, arrowField } from "./arrow-columns.ts";
import type { Frame } from "./frame.ts";
import type { RowEncoder } from "./row-encoder.ts";

/**
 * Arrow's IPC stream, a record batch a frame. The last batch is empty and carries the end in its metadata, as JSON under
 * `_end`; Arrow's end-of-stream marker follows. Buffers are not compressed: that is for Content-Encoding.
 */
export class ArrowEncoder implements RowEncoder {
  readonly #sink = new Collected();
  readonly #writer = new RecordBatchStreamWriter({ autoDestroy: false }).reset(this.#sink);
  #schema: Schema | undefined;
  #count = 0;

  rows(frame: Frame): Buffer {
    this.#schema ??= new Schema(frame.columns.map(arrowField));
    this.#count += frame.count;
    this.#writer.write(batch(this.#schema, frame));
    return this.#sink.take();
  }

  end(members: Readonly<Record<string, unknown>> = {}): Buffer {
    const end = JSON.stringify({ count: this.#count, ...members });
    const metadata = new Map([["_end", end]]);
    this.#writer.write(new RecordBatch(this.#schema!, undefined, metadata));
    this.#writer.finish();
    return this.#sink.take();
  }
}

function batch(schema: Schema, { count, columns }: Frame): RecordBatch {
  const children = columns.map(arrowData);
  const type = new Struct(schema.fields);
  return new RecordBatch(schema, makeData({ type, length: count, nullCount: 0, children }));
}

/** Where the writer puts its bytes: kept until they are taken, without a promise for each. */
class Collected extends AsyncByteQueue {
  #chunks: Uint8Array[] = [];

  override write(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
  }

  take(): Buffer {
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [];
    return bytes;
  }
}
