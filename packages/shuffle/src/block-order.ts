import type { Order, OrdinalRange } from "./order.ts";
import { MAX_SIZE, Permutation, roundsFor } from "./permutation.ts";
import { requireIndex, requireInteger, requireSpan } from "./require-integer.ts";
import { DOMAIN, numberedKeys, roundKeys, type Seeding } from "./round-keys.ts";

/** A block in its turn. */
interface Turn {
  readonly block: number;
  /** Position of its first sample, and how many samples it has. */
  readonly first: number;
  readonly length: number;
}

/**
 * The order of `block`. Turn t is block P(t) of ⌈samples / blockSize⌉ blocks, and place i of that turn is its row
 * Q_block(i). The last block may be shorter by `deficit`; it has its turn like the others, and all later positions
 * move up by the deficit, so that a position still tells its turn by one division.
 */
export class BlockOrder implements Order {
  readonly samples: number;
  readonly #size: number;
  readonly #blocks: Permutation;
  readonly #deficit: number;
  /** The turn of the last block, and the position after it. */
  readonly #lastTurn: number;
  readonly #lastEnd: number;
  readonly #rowKeys: readonly number[];
  /** The block asked for last: neighbours ask for it again. */
  #rows: { readonly block: number; readonly permutation: Permutation } | undefined;

  /** @throws RangeError when blockSize is not an integer from 1 to 2^52. */
  constructor(samples: number, blockSize: number, seeding: Seeding) {
    requireInteger("blockSize", blockSize, 1, MAX_SIZE);
    this.samples = samples;
    this.#size = blockSize;
    const blocks = Math.ceil(samples / blockSize);
    this.#blocks = new Permutation(blocks, roundKeys(seeding, DOMAIN.blocks));
    this.#deficit = blocks * blockSize - samples;
    this.#lastTurn = blocks === 0 ? 0 : this.#blocks.indexOf(blocks - 1);
    this.#lastEnd = (this.#lastTurn + 1) * blockSize - this.#deficit;
    this.#rowKeys = roundKeys(seeding, DOMAIN.rows);
  }

  ordinalAt(position: number): number {
    requireIndex("position", position, this.samples);
    const turn = this.#turnOf(position);
    return turn.block * this.#size + this.#rowsOf(turn).at(position - turn.first);
  }

  positionOf(ordinal: number): number {
    requireIndex("ordinal", ordinal, this.samples);
    const block = Math.floor(ordinal / this.#size);
    const turn = this.#turn(this.#blocks.indexOf(block));
    return turn.first + this.#rowsOf(turn).indexOf(ordinal - block * this.#size);
  }

  ordinals(from: number, to: number): Float64Array {
    requireSpan(from, to, this.samples);
    const ordinals = new Float64Array(to - from);
    for (const { block, first, length } of this.#turns(from, to)) {
      const rows = this.#rowsOf({ block, length });
      const start = block * this.#size;
      const end = Math.min(to, first + length);
      for (let position = Math.max(from, first); position < end; position += 1) {
        ordinals[position - from] = start + rows.at(position - first);
      }
    }
    return ordinals;
  }

  ranges(from: number, to: number): OrdinalRange[] {
    requireSpan(from, to, this.samples);
    return Array.from(this.#turns(from, to), ({ block, length }) => {
      const start = block * this.#size;
      return { start, end: start + length };
    });
  }

  *#turns(from: number, to: number): Generator<Turn> {
    for (let position = from; position < to;) {
      const turn = this.#turnOf(position);
      yield turn;
      position = turn.first + turn.length;
    }
  }

  #turnOf(position: number): Turn {
    const isAfterLast = position >= this.#lastEnd;
    return this.#turn(Math.floor((isAfterLast ? position + this.#deficit : position) / this.#size));
  }

  #turn(number: number): Turn {
    const first = number * this.#size - (number > this.#lastTurn ? this.#deficit : 0);
    const length = this.#size - (number === this.#lastTurn ? this.#deficit : 0);
    return { block: this.#blocks.at(number), first, length };
  }

  #rowsOf({ block, length }: Pick<Turn, "block" | "length">): Permutation {
    if (this.#rows?.block !== block) {
      const keys = numberedKeys(this.#rowKeys, block, roundsFor(length));
      this.#rows = { block, permutation: new Permutation(length, keys) };
    }
    return this.#rows.permutation;
  }
}
