import fc from "fast-check";
import { expect, test } from "vitest";
import { add, type Counters, NOTHING, readCounters, since } from "./counters.ts";
import { worsened } from "./verdict.ts";

const well: Counters = { acquired: 1_000, waitSeconds: 1, refused: 0, requests: 900, failed: 1 };

test("the same again is not worse", () => {
  expect(worsened(well, well)).toBeUndefined();
});

test.each([
  [{ refused: 30 }, /2\.9 % of the calls got no slot, 0\.0 % before/],
  [{ failed: 90 }, /10\.0 % of the requests failed/],
  [{ waitSeconds: 20 }, /the mean wait was 20\.0 ms, 1\.0 ms before/],
])("%o is worse", (more, why) => {
  expect(worsened(well, { ...well, ...more })).toMatch(why);
});

test("what is worse by little, or seen too rarely, proves nothing", () => {
  expect(worsened(well, { ...well, waitSeconds: 1.4, refused: 5, failed: 5 })).toBeUndefined();
  expect(worsened(well, { ...NOTHING, refused: 3, requests: 3, failed: 3 })).toBeUndefined();
  expect(worsened(well, NOTHING)).toBeUndefined();
});

test("nothing that stays or gets better is ever called worse", () => {
  const counters = fc.record({
    acquired: fc.nat(10_000),
    waitSeconds: fc.double({ min: 0, max: 1_000, noNaN: true }),
    refused: fc.nat(1_000),
    requests: fc.nat(10_000),
    failed: fc.nat(1_000),
  });
  fc.assert(
    fc.property(counters, fc.integer({ min: 1, max: 5 }), (before, times) => {
      let same = before;
      for (let time = 1; time < times; time++) same = add(same, before);
      expect(worsened(before, same)).toBeUndefined();
      expect(worsened(before, { ...same, waitSeconds: 0, refused: 0, failed: 0 })).toBeUndefined();
    }),
  );
});

test("counters are those of one pool, and of all requests", () => {
  const wait = "db_client_connection_wait_time_seconds";
  const value = (name: string, labels: Record<string, string>, value: number) => ({
    name,
    labels,
    value,
  });
  const values = [
    value("db_client_connection_timeouts_total", { pool: "feature" }, 3),
    value("db_client_connection_timeouts_total", { pool: "import" }, 50),
    value("db_client_connection_refused_total", { pool: "feature" }, 2),
    value(`${wait}_sum`, { pool: "feature" }, 0.25),
    value(`${wait}_count`, { pool: "feature" }, 10),
    value(`${wait}_count`, { pool: "import" }, 70),
    value("http_request_duration_seconds_count", { status: "200" }, 7),
    value("http_request_duration_seconds_count", { status: "503" }, 4),
  ];
  expect(readCounters(values, "feature")).toEqual({
    acquired: 10,
    waitSeconds: 0.25,
    refused: 5,
    requests: 11,
    failed: 4,
  });
});

test("an instance that restarted is judged by what it has counted since", () => {
  expect(since(well, { ...NOTHING, requests: 5 })).toEqual({ ...NOTHING, requests: 5 });
  expect(since(well, add(well, { ...NOTHING, requests: 5 }))).toEqual({ ...NOTHING, requests: 5 });
});
