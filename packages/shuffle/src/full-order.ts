import type { Order } from "./order.ts";
import { Permutation } from "./permutation.ts";
import { requireIndex, requireSpan } from "./require-integer.ts";
import { DOMAIN, roundKeys, type Seeding } from "./round-keys.ts";

/** The order of `full`: one permutation of all samples. */
export class FullOrder implements Order {
  readonly samples: number;
  readonly #permutation: Permutation;

  constructor(samples: number, seeding: Seeding) {
    this.samples = samples;
    this.#permutation = new Permutation(samples, roundKeys(seeding, DOMAIN.samples));
  }

  ordinalAt(position: number): number {
    requireIndex("position", position, this.samples);
    return this.#permutation.at(position);
  }

  positionOf(ordinal: number): number {
    requireIndex("ordinal", ordinal, this.samples);
    return this.#permutation.indexOf(ordinal);
  }

  ordinals(from: number, to: number): Float64Array {
    requireSpan(from, to, this.samples);
    const ordinals = new Float64Array(to - from);
    for (let position = from; position < to; position += 1) {
      ordinals[position - from] = this.#permutation.at(position);
    }
    return ordinals;
  }

  ranges(from: number, to: number): undefined {
    requireSpan(from, to, this.samples);
    return undefined;
  }
}
