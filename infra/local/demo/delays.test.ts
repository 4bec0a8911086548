import { expect, test } from "vitest";
import { DelayTally } from "./delays.ts";

const at = (hour: number): Date => new Date(Date.UTC(2001, 0, 1, hour));

test("flights are summed up by airport of departure and by route, over all batches", () => {
  const tally = new DelayTally();
  tally.add({
    date: [at(1), at(3)],
    delay: [10n, 16n],
    origin: ["JFK", "JFK"],
    destination: ["LAX", "SFO"],
  });
  tally.add({ date: [at(2)], delay: [-2n], origin: ["JFK"], destination: ["LAX"] });
  expect(tally.flights).toBe(3);
  expect(tally.airports().get("JFK")).toEqual({
    flights: 3,
    mean_delay: 8,
    late_share: 1 / 3,
    last_flight_at: at(3),
  });
  expect(tally.routes().get("JFK LAX")).toEqual({
    flights: 2,
    mean_delay: 4,
    late_share: 0,
    last_flight_at: at(2),
  });
});

test("a flight is late after more than 15 minutes", () => {
  const tally = new DelayTally();
  tally.add({
    date: [at(1), at(1)],
    delay: [15n, 16n],
    origin: ["A", "B"],
    destination: ["C", "C"],
  });
  expect(tally.airports().get("A")?.late_share).toBe(0);
  expect(tally.airports().get("B")?.late_share).toBe(1);
});
