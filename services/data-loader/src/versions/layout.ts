import type { Mask } from "./mask.ts";
import type { SegmentRow } from "./queries.ts";

/** Neighbouring rows of one segment, both ends included. */
export interface SegmentRange {
  /** Of the segment that has the rows: a selection's source. */
  readonly segmentId: string;
  readonly first: number;
  readonly last: number;
}

/** A segment at its place. */
interface Placed {
  /** Where its rows are. */
  readonly segmentId: string;
  readonly firstOrdinal: number;
  readonly rows: number;
  /** Of a selection: which rows of its source it has. */
  readonly mask: Mask | undefined;
}

/** Where the ordinals of a sealed version stand. It never changes, so that it may be kept for as long as one likes. */
export class Layout {
  readonly samples: number;
  /** Bytes that it takes, about. */
  readonly bytes: number;
  readonly #segments: readonly Placed[];

  /** @param masks of the segments that are selections, by segment id */
  constructor(segments: readonly SegmentRow[], masks: ReadonlyMap<string, Mask>) {
    this.#segments = segments.map(({ segment_id, source_segment_id, first_ordinal, rows }) => ({
      segmentId: source_segment_id ?? segment_id,
      firstOrdinal: Number(first_ordinal),
      rows,
      mask: masks.get(segment_id),
    }));
    this.samples = segments.reduce((sum, { rows }) => sum + rows, 0);
    this.bytes = this.#segments.reduce((sum, { mask }) => sum + 200 + (mask?.bits.length ?? 0), 0);
  }

  /** The segments that have the rows. */
  get segmentIds(): string[] {
    return this.#segments.map(({ segmentId }) => segmentId);
  }

  /** Where each ordinal stands; runs of neighbours become one range. @throws RangeError for one that is not there */
  rangesOf(ordinals: Iterable<number>): SegmentRange[] {
    const ranges: { segmentId: string; first: number; last: number }[] = [];
    for (const ordinal of ordinals) {
      const { segmentId, position } = this.placeOf(ordinal);
      const before = ranges.at(-1);
      if (before?.segmentId === segmentId && before.last + 1 === position) before.last = position;
      else ranges.push({ segmentId, first: position, last: position });
    }
    return ranges;
  }

  /** Where `count` ordinals from `first` on stand, or as many as there are, in as few ranges as possible. */
  runFrom(first: number, count: number): SegmentRange[] {
    const end = Math.min(first + count, this.samples);
    const ranges: SegmentRange[] = [];
    for (let ordinal = first; ordinal < end;) {
      const { segmentId, firstOrdinal, rows, mask } = this.#segmentOf(ordinal);
      const stop = Math.min(firstOrdinal + rows, end);
      if (mask === undefined)
        ranges.push({ segmentId, first: ordinal - firstOrdinal, last: stop - firstOrdinal - 1 });
      else ranges.push(...this.rangesOf(numbers(ordinal, stop)));
      ordinal = stop;
    }
    return ranges;
  }

  /** Where an ordinal stands. @throws RangeError for one that is not there */
  placeOf(ordinal: number): { segmentId: string; position: number; firstOrdinal: number } {
    const { segmentId, firstOrdinal, mask } = this.#segmentOf(ordinal);
    const number = ordinal - firstOrdinal;
    return { segmentId, firstOrdinal, position: mask?.select(number) ?? number };
  }

  /** The ordinal of a row, or undefined when the version does not have it. */
  ordinalOf(segmentId: string, position: number): number | undefined {
    const segment = this.#segments.find((placed) => placed.segmentId === segmentId);
    if (segment === undefined) return undefined;
    const { firstOrdinal, rows, mask } = segment;
    if (mask !== undefined)
      return mask.has(position) ? firstOrdinal + mask.rank(position) : undefined;
    return position < rows ? firstOrdinal + position : undefined;
  }

  /** The segment that holds an ordinal, by bisection. */
  #segmentOf(ordinal: number): Placed {
    if (!(ordinal >= 0 && ordinal < this.samples))
      throw new RangeError(`ordinal ${ordinal} is not one of ${this.samples} samples`);
    let low = 0;
    let high = this.#segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#segments[middle]!.firstOrdinal <= ordinal) low = middle;
      else high = middle - 1;
    }
    return this.#segments[low]!;
  }
}

function* numbers(start: number, end: number): Generator<number> {
  for (let number = start; number < end; number += 1) yield number;
}
