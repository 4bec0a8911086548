import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeCursor, encodeCursor } from "./cursor.ts";

test("a cursor leads back to its position", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (last) => {
      expect(decodeCursor("keys 1", encodeCursor("keys 1", last))).toBe(last);
    }),
  );
});

test("a cursor that was changed, made up or taken from another list is refused", () => {
  const refused = (cursor: string): void => {
    expect(() => decodeCursor("keys 1", cursor)).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED" }),
    );
  };
  fc.assert(fc.property(fc.string(), refused));
  fc.assert(fc.property(fc.base64String(), refused));
  refused(encodeCursor("keys 2", "a"));
  const cursor = encodeCursor("keys 1", "some-name");
  for (let index = 0; index < cursor.length; index++) {
    const other = cursor[index] === "A" ? "B" : "A";
    refused(cursor.slice(0, index) + other + cursor.slice(index + 1));
  }
});
