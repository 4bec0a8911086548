import { expect, test } from "vitest";
import { compareWeeks } from "./compare-weeks.ts";
import type { StatementCounters } from "./statement-counters.ts";

const counters = (query_id: string, calls: number, mean: number): StatementCounters => ({
  query_id,
  role: "sluice_sample",
  statement: `select ${query_id}`,
  calls,
  total_ms: calls * mean,
});

test("the first report compares with nothing: what is slow is new", () => {
  const { new_slow, slower, top } = compareWeeks(undefined, [
    counters("slow", 10, 50),
    counters("quick", 1_000, 0.1),
  ]);
  expect(new_slow.map(({ query_id }) => query_id)).toEqual(["slow"]);
  expect(slower).toEqual([]);
  expect(top.map(({ query_id }) => query_id)).toEqual(["slow", "quick"]);
});

test("means are those of the week alone", () => {
  const before = [counters("a", 1_000, 2)];
  const now = [{ ...counters("a", 1_100, 2), total_ms: 2_000 + 100 * 30 }];
  const { new_slow, slower } = compareWeeks(before, now);
  const week = { query_id: "a", calls: 100, mean_ms: 30, mean_ms_before: 2 };
  expect(new_slow).toMatchObject([week]);
  expect(slower).toMatchObject([week]);
});

test("what was slow before and is not slower is neither new nor slower", () => {
  const { new_slow, slower, top } = compareWeeks([counters("a", 10, 50)], [counters("a", 20, 50)]);
  expect({ new_slow, slower }).toEqual({ new_slow: [], slower: [] });
  expect(top).toMatchObject([{ calls: 10, mean_ms: 50 }]);
});

test("a statement that did not run this week is not named", () => {
  expect(compareWeeks([counters("a", 10, 50)], [counters("a", 10, 50)]).top).toEqual([]);
});

test("counters that were reset in between count from zero", () => {
  const { top } = compareWeeks([counters("a", 1_000, 2)], [counters("a", 5, 40)]);
  expect(top).toMatchObject([{ calls: 5, mean_ms: 40, mean_ms_before: 2 }]);
});

test("microseconds that double are no finding", () => {
  const before = [counters("a", 1_000, 0.1)];
  const now = [{ ...counters("a", 2_000, 0.1), total_ms: 100 + 1_000 * 0.4 }];
  expect(compareWeeks(before, now).slower).toEqual([]);
});
