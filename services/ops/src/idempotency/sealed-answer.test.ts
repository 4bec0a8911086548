import { expect, test } from "vitest";
import { openAnswer, sealAnswer } from "./sealed-answer.ts";

const seal = { secret: "a".repeat(32), idempotencyKey: "k" };
const answer = { id: "1", key: "sluice_1_secret" };

test("a sealed answer shows nothing, and is opened by the same secret and key alone", () => {
  const sealed = sealAnswer(answer, seal);
  expect(sealed.includes("secret")).toBe(false);
  expect(openAnswer(sealed, seal)).toEqual(answer);
  expect(() => openAnswer(sealed, { ...seal, secret: "b".repeat(32) })).toThrow();
  expect(() => openAnswer(sealed, { ...seal, idempotencyKey: "l" })).toThrow();
});

test("one that was changed is not opened", () => {
  const sealed = sealAnswer(answer, seal);
  for (let index = 0; index < sealed.length; index++) {
    const changed = Buffer.from(sealed);
    changed[index]! ^= 1;
    expect(() => openAnswer(changed, seal), String(index)).toThrow();
  }
});
