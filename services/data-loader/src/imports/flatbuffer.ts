/**
 * A table of a flatbuffer, read without trust: every offset and length is held against the bytes that are there. (The
 * format: https://flatbuffers.dev/internals.)
 * @throws RangeError for what is outside
 */
export class FlatTable {
  readonly #view: DataView;
  readonly #at: number;

  constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
  }

  /** The table that a whole buffer stands for. */
  static root(bytes: Uint8Array): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new FlatTable(view, view.getUint32(0, true));
  }

  uint8(field: number): number {
    const at = this.#place(field);
    return at === undefined ? 0 : this.#view.getUint8(at);
  }

  int64(field: number): bigint {
    const at = this.#place(field);
    return at === undefined ? 0n : this.#view.getBigInt64(at, true);
  }

  table(field: number): FlatTable | undefined {
    const at = this.#place(field);
    return at === undefined ? undefined : this.#tableAt(at);
  }

  /** Length of a vector whose items take `itemBytes` each. */
  vectorLength(field: number, itemBytes: number): number {
    return this.#vector(field, itemBytes).length;
  }

  *tables(field: number): Generator<FlatTable> {
    const { start, length } = this.#vector(field, 4);
    for (let index = 0; index < length; index += 1) yield this.#tableAt(start + 4 * index);
  }

  #vector(field: number, itemBytes: number): { readonly start: number; readonly length: number } {
    const at = this.#place(field);
    if (at === undefined) return { start: 0, length: 0 };
    const start = at + this.#view.getUint32(at, true) + 4;
    const length = this.#view.getUint32(start - 4, true);
    if (start + length * itemBytes <= this.#view.byteLength) return { start, length };
    throw new RangeError(`a vector says to have ${length} items`);
  }

  #tableAt(at: number): FlatTable {
    return new FlatTable(this.#view, at + this.#view.getUint32(at, true));
  }

  /** Where a field is; undefined: the table has none. */
  #place(field: number): number | undefined {
    const vtable = this.#at - this.#view.getInt32(this.#at, true);
    const entry = 4 + 2 * field;
    if (entry >= this.#view.getUint16(vtable, true)) return undefined;
    const offset = this.#view.getUint16(vtable + entry, true);
    return offset === 0 ? undefined : this.#at + offset;
  }
}
