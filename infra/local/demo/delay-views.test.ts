import { expect, test } from "vitest";
import { frameOf, ROUTE_DELAYS } from "./delay-views.ts";

test("a frame has a list for each join key and feature, and the last flight's time as event time", () => {
  const delays = {
    flights: 2,
    mean_delay: 4,
    late_share: 0.5,
    last_flight_at: new Date("2001-02-03T04:05:00Z"),
  };
  expect(frameOf(ROUTE_DELAYS, [["JFK LAX", delays]])).toEqual({
    origin: ["JFK"],
    destination: ["LAX"],
    flights: [2],
    mean_delay: [4],
    late_share: [0.5],
    last_flight_at: ["2001-02-03T04:05:00.000Z"],
    event_timestamp: ["2001-02-03T04:05:00.000Z"],
  });
});
