import type { SegmentRow } from "./queries.ts";

/** Neighbouring rows of one segment, both ends included. */
export interface SegmentRange {
  readonly segmentId: string;
  readonly first: number;
  readonly last: number;
}

/** Where the ordinals of a sealed version stand. It never changes, so that it may be kept for as long as one likes. */
export class Layout {
  readonly samples: number;
  readonly segments: readonly SegmentRow[];
  readonly #firsts: readonly number[];

  constructor(segments: readonly SegmentRow[]) {
    this.segments = segments;
    this.#firsts = segments.map(({ first_ordinal }) => Number(first_ordinal));
    this.samples = segments.reduce((sum, { rows }) => sum + rows, 0);
  }

  /** Where each ordinal stands; runs of neighbours become one range. @throws RangeError for one that is not there */
  rangesOf(ordinals: Iterable<number>): SegmentRange[] {
    const ranges: { segmentId: string; first: number; last: number }[] = [];
    for (const ordinal of ordinals) {
      const index = this.#indexOf(ordinal);
      const segmentId = this.segments[index]!.segment_id;
      const position = ordinal - this.#firsts[index]!;
      const before = ranges.at(-1);
      if (before?.segmentId === segmentId && before.last + 1 === position) before.last = position;
      else ranges.push({ segmentId, first: position, last: position });
    }
    return ranges;
  }

  /** Where `count` ordinals from `first` on stand, or as many as there are: a range for each segment that they touch. */
  runFrom(first: number, count: number): SegmentRange[] {
    const end = Math.min(first + count, this.samples);
    const ranges: SegmentRange[] = [];
    for (let ordinal = first; ordinal < end;) {
      const index = this.#indexOf(ordinal);
      const { segment_id: segmentId, rows } = this.segments[index]!;
      const start = this.#firsts[index]!;
      const last = Math.min(rows, end - start) - 1;
      ranges.push({ segmentId, first: ordinal - start, last });
      ordinal = start + last + 1;
    }
    return ranges;
  }

  /** The ordinal of a row, or undefined when the version does not have it. */
  ordinalOf(segmentId: string, position: number): number | undefined {
    const index = this.segments.findIndex(({ segment_id }) => segment_id === segmentId);
    const segment = this.segments[index];
    if (segment === undefined || position >= segment.rows) return undefined;
    return this.#firsts[index]! + position;
  }

  /** The segment that holds an ordinal, by bisection. */
  #indexOf(ordinal: number): number {
    if (!(ordinal >= 0 && ordinal < this.samples))
      throw new RangeError(`ordinal ${ordinal} is not one of ${this.samples} samples`);
    let low = 0;
    let high = this.#firsts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#firsts[middle]! <= ordinal) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
