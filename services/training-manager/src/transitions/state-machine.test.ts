import { expect, test } from "vitest";
import { isTerminal, REASONS, STATUSES, TRANSITIONS } from "./state-machine.ts";

test("no transition leads out of a terminal state", () => {
  expect(TRANSITIONS.filter(({ from }) => isTerminal(from))).toEqual([]);
});

test("every state but the first is reached, and every one that is not terminal is left", () => {
  const reached = new Set(TRANSITIONS.map(({ to }) => to));
  const left = new Set(TRANSITIONS.map(({ from }) => from));
  expect(STATUSES.filter((status) => status !== "pending" && !reached.has(status))).toEqual([]);
  expect(STATUSES.filter((status) => !isTerminal(status) && !left.has(status))).toEqual([]);
});

test("an event leads from a state to one other, which may depend on whether attempts are left", () => {
  for (const event of Object.keys(REASONS)) {
    for (const from of STATUSES) {
      const ways = TRANSITIONS.filter((way) => way.event === event && way.from === from);
      const conditions = ways.map(({ attemptsLeft }) => attemptsLeft);
      expect([[], [undefined], [true, false]]).toContainEqual(conditions);
    }
  }
});
