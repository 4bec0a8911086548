import { expect, test } from "vitest";
import { Patience } from "./patience.ts";

const BROKEN = { status: 0, retryAfter: null };
const patience = (random: number): Patience => new Patience(() => random);

test("a refusal is repeated after what it told, never earlier, and up to half as long later", () => {
  const refused = { status: 503, retryAfter: "2" };
  expect([0, 0.5, 1].map((random) => patience(random).after(refused))).toEqual([
    2_000, 2_500, 3_000,
  ]);
});

test("after broken connections the pause doubles up to a second, and begins anew after an answer", () => {
  const most = patience(1);
  const pauses = Array.from({ length: 7 }, () => most.after(BROKEN));
  expect(pauses).toEqual([50, 100, 200, 400, 800, 1_000, 1_000]);
  expect(most.after({ status: 204, retryAfter: null })).toBe(0);
  expect(most.after(BROKEN)).toBe(50);
  expect(patience(0).after(BROKEN)).toBe(25);
});

test("a failure that tells no time is waited for like a broken connection", () => {
  expect(patience(1).after({ status: 504, retryAfter: null })).toBe(50);
});
