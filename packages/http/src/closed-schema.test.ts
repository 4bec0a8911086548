import { Type } from "typebox";
import { expect, test } from "vitest";
import { closeObjects } from "./closed-schema.ts";

test("objects are closed at any depth, in a copy", () => {
  const inner = Type.Object({ a: Type.String() });
  const schema = Type.Object({ list: Type.Array(inner), either: Type.Union([inner, Type.Null()]) });
  expect(closeObjects(schema)).toMatchObject({
    additionalProperties: false,
    properties: {
      list: { items: { additionalProperties: false } },
      either: { anyOf: [{ additionalProperties: false }, { type: "null" }] },
    },
  });
  expect(schema).not.toHaveProperty("additionalProperties");
  expect(inner).not.toHaveProperty("additionalProperties");
});

test("an object that says what else it may have stays as it is", () => {
  const open = Type.Object({ a: Type.String() }, { additionalProperties: true });
  const record = Type.Record(Type.String(), Type.Object({ b: Type.String() }));
  expect(closeObjects(open)).toMatchObject({ additionalProperties: true });
  expect(JSON.stringify(closeObjects(record))).toContain('"additionalProperties":false');
});

test("allOf is refused, because its parts would refuse each other", () => {
  const schema = Type.Intersect([Type.Object({ a: Type.Null() }), Type.Object({ b: Type.Null() })]);
  expect(() => closeObjects({ type: "array", items: schema })).toThrow(/allOf/);
});
