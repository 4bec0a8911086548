import type { Order, OrdinalRange } from "./order.ts";
import { requireIndex, requireSpan } from "./require-integer.ts";

/** The order of `none`: every sample at its ordinal. */
export class StoredOrder implements Order {
  readonly samples: number;

  constructor(samples: number) {
    this.samples = samples;
  }

  ordinalAt(position: number): number {
    requireIndex("position", position, this.samples);
    return position;
  }

  positionOf(ordinal: number): number {
    requireIndex("ordinal", ordinal, this.samples);
    return ordinal;
  }

  ordinals(from: number, to: number): Float64Array {
    requireSpan(from, to, this.samples);
    return new Float64Array(to - from).map((_, place) => from + place);
  }

  ranges(from: number, to: number): OrdinalRange[] {
    requireSpan(from, to, this.samples);
    return from === to ? [] : [{ start: from, end: to }];
  }
}
