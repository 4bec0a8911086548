/** Rows of one block; a table row holds its bits. */
export const BLOCK_ROWS = 8_192;
export const BLOCK_BYTES = BLOCK_ROWS / 8;

/** How many bits of a byte are set. */
const COUNTS = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1;
  return count;
});

/**
 * Which rows of a segment are selected: a bit a row, the lowest of each byte first, in whole blocks. With the counts
 * before each block, the row of a number and the number of a row are found by a bisection and a walk through one block.
 */
export class Mask {
  readonly bits: Uint8Array;
  /** Selected rows before each block, and at last of all. */
  readonly #before: Uint32Array;

  constructor(bits: Uint8Array) {
    this.bits = bits;
    this.#before = countBlocks(bits);
  }

  /** A mask that selects nothing of so many rows yet; `bits` are to be set before any count is taken. */
  static bitsFor(rows: number): Uint8Array {
    return new Uint8Array(Math.ceil(rows / BLOCK_ROWS) * BLOCK_BYTES);
  }

  get count(): number {
    return this.#before.at(-1)!;
  }

  has(position: number): boolean {
    return ((this.bits[position >>> 3] ?? 0) & (1 << (position & 7))) !== 0;
  }

  /** How many selected rows stand before a position. */
  rank(position: number): number {
    const block = Math.floor(position / BLOCK_ROWS);
    const end = position >>> 3;
    let count = this.#before[block]!;
    for (let at = block * BLOCK_BYTES; at < end; at += 1) count += COUNTS[this.bits[at]!]!;
    return count + COUNTS[this.bits[end]! & ((1 << (position & 7)) - 1)]!;
  }

  /** The position of a selected row by its number, from 0. @throws RangeError for one that is not there */
  select(number: number): number {
    if (!(number >= 0 && number < this.count))
      throw new RangeError(`row ${number} is not one of ${this.count} selected ones`);
    const block = this.#blockOf(number);
    let rest = number - this.#before[block]!;
    let at = block * BLOCK_BYTES;
    for (; rest >= COUNTS[this.bits[at]!]!; at += 1) rest -= COUNTS[this.bits[at]!]!;
    let bit = 0;
    for (; ; bit += 1) {
      if ((this.bits[at]! & (1 << bit)) === 0) continue;
      if (rest === 0) return at * 8 + bit;
      rest -= 1;
    }
  }

  /** The last block before which there are at most `number` rows. */
  #blockOf(number: number): number {
    let low = 0;
    let high = this.#before.length - 2;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#before[middle]! <= number) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function countBlocks(bits: Uint8Array): Uint32Array {
  const before = new Uint32Array(bits.length / BLOCK_BYTES + 1);
  let count = 0;
  for (let at = 0; at < bits.length; at += 1) {
    if (at % BLOCK_BYTES === 0) before[at / BLOCK_BYTES] = count;
    count += COUNTS[bits[at]!]!;
  }
  before[before.length - 1] = count;
  return before;
}
