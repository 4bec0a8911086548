import fc from "fast-check";
import { expect, test } from "vitest";
import { Layout } from "./layout.ts";
import { Mask } from "./mask.ts";

/** The size of a segment, or which of its rows are selected. */
const SEGMENT = fc.oneof(
  fc.integer({ min: 1, max: 20 }),
  fc.uniqueArray(fc.nat(20_000), { minLength: 1, maxLength: 20 }),
);

const LAYOUT = fc.array(SEGMENT, { minLength: 1, maxLength: 6 }).map((contents) => {
  let first = 0;
  const masks = new Map<string, Mask>();
  const segments = contents.map((content, index) => {
    const rows = typeof content === "number" ? content : content.length;
    const ids =
      typeof content === "number"
        ? { segment_id: String(100 + index), source_segment_id: null }
        : { segment_id: String(200 + index), source_segment_id: String(100 + index) };
    if (typeof content !== "number") masks.set(ids.segment_id, maskOf(content));
    const segment = { ...ids, first_ordinal: String(first), rows };
    first += rows;
    return segment;
  });
  return { layout: new Layout(segments, masks), contents };
});

function maskOf(positions: readonly number[]): Mask {
  const bits = Mask.bitsFor(20_001);
  for (const position of positions) bits[position >> 3]! |= 1 << (position & 7);
  return new Mask(bits);
}

const all = ({ samples }: Layout): number[] => Array.from({ length: samples }, (_, n) => n);

test("every ordinal stands in one place, and leads back from there", () => {
  fc.assert(
    fc.property(LAYOUT, ({ layout }) => {
      for (const ordinal of all(layout)) {
        const [range, ...others] = layout.rangesOf([ordinal]);
        expect(others).toEqual([]);
        expect(range?.first).toBe(range?.last);
        expect(layout.ordinalOf(range!.segmentId, range!.first)).toBe(ordinal);
      }
    }),
  );
});

test("the places of a version are the rows of its segments, in order", () => {
  fc.assert(
    fc.property(LAYOUT, ({ layout, contents }) => {
      const places = contents.flatMap((content, index) => {
        const rows = typeof content === "number" ? Array.from({ length: content }).keys() : content;
        const positions = [...rows].toSorted((a, b) => a - b);
        return positions.map((position) => [String(100 + index), position]);
      });
      const found = all(layout).map((ordinal) => {
        const { segmentId, position } = layout.placeOf(ordinal);
        return [segmentId, position];
      });
      expect(found).toEqual(places);
    }),
  );
});

test("ranges hold the ordinals in their order, and a whole segment is one range", () => {
  fc.assert(
    fc.property(LAYOUT, fc.array(fc.nat()), ({ layout, contents }, numbers) => {
      const ordinals = numbers.map((number) => number % layout.samples);
      const listed = layout
        .rangesOf(ordinals)
        .flatMap(({ segmentId, first, last }) =>
          Array.from({ length: last - first + 1 }, (_, index) =>
            layout.ordinalOf(segmentId, first + index),
          ),
        );
      expect(listed).toEqual(ordinals);
      const whole = contents.flatMap((content, index) =>
        typeof content === "number" ? String(100 + index) : [],
      );
      const ranges = layout.rangesOf(all(layout)).map(({ segmentId }) => segmentId);
      expect(ranges.filter((id) => whole.includes(id))).toEqual(whole);
    }),
  );
});

test("a run of ordinals stands where each of them stands", () => {
  fc.assert(
    fc.property(LAYOUT, fc.nat(), fc.nat(30), ({ layout }, number, count) => {
      const first = number % layout.samples;
      const ordinals = Array.from({ length: count }, (_, index) => first + index);
      const there = ordinals.filter((ordinal) => ordinal < layout.samples);
      expect(layout.runFrom(first, count)).toEqual(layout.rangesOf(there));
    }),
  );
});

test("what is beyond the version, or not selected, is refused", () => {
  const rows = { first_ordinal: "0", rows: 2 };
  const whole = new Layout([{ segment_id: "1", source_segment_id: null, ...rows }], new Map());
  const selection = [{ segment_id: "2", source_segment_id: "1", ...rows }];
  const some = new Layout(selection, new Map([["2", maskOf([3, 5])]]));
  for (const layout of [whole, some])
    for (const ordinal of [-1, 2, Number.NaN])
      expect(() => layout.rangesOf([ordinal])).toThrow(RangeError);
  expect([whole.ordinalOf("1", 2), whole.ordinalOf("2", 0)]).toEqual([undefined, undefined]);
  expect([0, 3, 4, 5].map((position) => some.ordinalOf("1", position))).toEqual([
    undefined,
    0,
    undefined,
    1,
  ]);
});
