import { SluiceError } from "@sluice/errors";
import { FlatTable } from "./flatbuffer.ts";
import { ByteReader } from "./byte-reader.ts";
import type { ByteSource } from "./input-row.ts";

/** A record batch is held as a whole, and so are all dictionaries. */
const MAX_BODY_BYTES = 128 * 1024 * 1024;
const MAX_METADATA_BYTES = 16 * 1024 * 1024;
/** Of a schema, those in structs and lists among them. */
const MAX_FIELDS = 10_000;
const CONTINUATION = -1;

/** Fields of the tables of an Arrow message (apache/arrow, format/Message.fbs and Schema.fbs). */
const MESSAGE = { headerType: 1, header: 2, bodyLength: 3 };
const HEADER = { schema: 1, dictionaryBatch: 2, recordBatch: 3 };
const SCHEMA = { fields: 1 };
const FIELD = { children: 5 };
const DICTIONARY_BATCH = { id: 0, data: 1, isDelta: 2 };
const RECORD_BATCH = { nodes: 1, buffers: 2, compression: 3, variadicCounts: 4 };

/** The stream is none, or says of itself what is not true. */
export class BadArrow extends Error {
  override readonly name = "BadArrow";
}

/**
 * Passes an Arrow stream on message by message, after the sizes were checked that its metadata claims: the library
 * believes them, and a few bytes can claim billions of buffers, or columns that refer to each other.
 * @throws BadArrow; SluiceError PAYLOAD_TOO_LARGE
 */
export async function* checkedMessages(source: ByteSource): AsyncGenerator<Uint8Array> {
  const bytes = new ByteReader(source);
  const dictionaries = new Map<bigint, number>();
  try {
    while (!(await bytes.isAtEnd())) {
      const [prefix, length] = await lengthOfMetadata(bytes);
      yield prefix;
      if (length === 0) return;
      if (!(length > 0 && length <= MAX_METADATA_BYTES))
        throw new BadArrow(`a message says to have ${length} bytes of metadata`);
      const metadata = await bytes.read(length);
      const body = checkedBodyLength(metadata, dictionaries);
      yield metadata;
      yield* bytes.pass(body);
    }
  } finally {
    await bytes.close();
  }
}

/** Old streams have no continuation mark before the length. */
async function lengthOfMetadata(bytes: ByteReader): Promise<[prefix: Buffer, length: number]> {
  const first = await bytes.read(4);
  if (first.readInt32LE() !== CONTINUATION) return [first, first.readInt32LE()];
  const second = await bytes.read(4);
  return [Buffer.concat([first, second]), second.readInt32LE()];
}

/**
 * @param dictionaries bytes that are held of each, by its id; kept up to date
 * @throws BadArrow, SluiceError PAYLOAD_TOO_LARGE
 */
function checkedBodyLength(metadata: Buffer, dictionaries: Map<bigint, number>): number {
  try {
    const message = FlatTable.root(metadata);
    const header = checkedHeader(message);
    const length = message.int64(MESSAGE.bodyLength);
    if (length < 0n) throw new BadArrow("a message has no length");
    if (length > MAX_BODY_BYTES) throw tooLarge("A record batch", length);
    if (message.uint8(MESSAGE.headerType) === HEADER.dictionaryBatch)
      keepDictionary(header, Number(length), dictionaries);
    return Number(length);
  } catch (error) {
    if (error instanceof RangeError) throw new BadArrow(error.message, { cause: error });
    throw error;
  }
}

function keepDictionary(header: FlatTable, bytes: number, dictionaries: Map<bigint, number>): void {
  const id = header.int64(DICTIONARY_BATCH.id);
  const before = header.uint8(DICTIONARY_BATCH.isDelta) === 0 ? 0 : (dictionaries.get(id) ?? 0);
  dictionaries.set(id, before + bytes);
  const held = dictionaries.values().reduce((sum, one) => sum + one, 0);
  if (held > MAX_BODY_BYTES) throw tooLarge("All dictionaries together", BigInt(held));
}

function checkedHeader(message: FlatTable): FlatTable {
  const header = message.table(MESSAGE.header);
  if (header === undefined) throw new BadArrow("a message has no header");
  const type = message.uint8(MESSAGE.headerType);
  if (type === HEADER.schema) countFields(header.tables(SCHEMA.fields), MAX_FIELDS);
  else if (type === HEADER.recordBatch) checkBatch(header);
  else if (type === HEADER.dictionaryBatch) checkBatch(header.table(DICTIONARY_BATCH.data));
  else throw new BadArrow(`a message of type ${type} is not taken`);
  return header;
}

/** @returns how many more there may be */
function countFields(fields: Iterable<FlatTable>, most: number): number {
  let left = most;
  for (const field of fields) {
    left -= 1;
    if (left < 0) throw new BadArrow(`it has more than ${MAX_FIELDS} columns`);
    left = countFields(field.tables(FIELD.children), left);
  }
  return left;
}

function checkBatch(batch: FlatTable | undefined): void {
  if (batch === undefined) throw new BadArrow("a batch has no data");
  if (batch.table(RECORD_BATCH.compression) !== undefined)
    throw new BadArrow("its buffers are compressed; use Content-Encoding instead");
  batch.vectorLength(RECORD_BATCH.nodes, 16);
  batch.vectorLength(RECORD_BATCH.buffers, 16);
  batch.vectorLength(RECORD_BATCH.variadicCounts, 8);
}

function tooLarge(what: string, bytes: bigint): SluiceError {
  const detail = `${what} may have ${MAX_BODY_BYTES} bytes, and would have ${bytes}. Write smaller batches.`;
  return new SluiceError("PAYLOAD_TOO_LARGE", detail);
}
