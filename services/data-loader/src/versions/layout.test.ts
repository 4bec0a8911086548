import fc from "fast-check";
import { expect, test } from "vitest";
import { Layout } from "./layout.ts";

const LAYOUT = fc
  .array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 })
  .map((sizes) => {
    let first = 0;
    const segments = sizes.map((rows, index) => {
      const segment = { segment_id: String(100 + index), first_ordinal: String(first), rows };
      first += rows;
      return segment;
    });
    return new Layout(segments);
  });

test("every ordinal stands in one place, and leads back from there", () => {
  fc.assert(
    fc.property(LAYOUT, (layout) => {
      for (let ordinal = 0; ordinal < layout.samples; ordinal += 1) {
        const [range, ...others] = layout.rangesOf([ordinal]);
        expect(others).toEqual([]);
        expect(range?.first).toBe(range?.last);
        expect(layout.ordinalOf(range!.segmentId, range!.first)).toBe(ordinal);
      }
    }),
  );
});

test("ranges hold the ordinals in their order, and all of a version is one range a segment", () => {
  fc.assert(
    fc.property(LAYOUT, fc.array(fc.nat()), (layout, numbers) => {
      const ordinals = numbers.map((number) => number % layout.samples);
      const listed = layout
        .rangesOf(ordinals)
        .flatMap(({ segmentId, first, last }) =>
          Array.from({ length: last - first + 1 }, (_, index) =>
            layout.ordinalOf(segmentId, first + index),
          ),
        );
      expect(listed).toEqual(ordinals);
      const all = Array.from({ length: layout.samples }, (_, ordinal) => ordinal);
      expect(layout.rangesOf(all)).toHaveLength(layout.segments.length);
    }),
  );
});

test("a run of ordinals stands where each of them stands", () => {
  fc.assert(
    fc.property(LAYOUT, fc.nat(), fc.nat(30), (layout, number, count) => {
      const first = number % layout.samples;
      const ordinals = Array.from({ length: count }, (_, index) => first + index);
      const there = ordinals.filter((ordinal) => ordinal < layout.samples);
      expect(layout.runFrom(first, count)).toEqual(layout.rangesOf(there));
    }),
  );
});

test("what is beyond the version is refused", () => {
  const layout = new Layout([{ segment_id: "1", first_ordinal: "0", rows: 2 }]);
  for (const ordinal of [-1, 2, Number.NaN])
    expect(() => layout.rangesOf([ordinal])).toThrow(RangeError);
  expect(layout.ordinalOf("1", 2)).toBeUndefined();
  expect(layout.ordinalOf("2", 0)).toBeUndefined();
});
