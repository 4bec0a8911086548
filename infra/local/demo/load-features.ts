import type { ProjectApi } from "./api.ts";
import { AIRPORT_DELAYS, pushDelays, putView, ROUTE_DELAYS } from "./delay-views.ts";
import { DelayTally, LATE_MINUTES } from "./delays.ts";
import { readFlights } from "./flights.ts";

/** Computes the demo's features from the flights and loads them through the API. */
export async function loadFeatures(api: ProjectApi, say: (line: string) => void): Promise<void> {
  const tally = new DelayTally();
  for await (const flights of readFlights()) tally.add(flights);
  const airports = tally.airports();
  const routes = tally.routes();
  say(
    `${tally.flights.toLocaleString("en")} flights read; late = more than ${LATE_MINUTES} minutes`,
  );
  for (const [view, delays] of [
    [AIRPORT_DELAYS, airports],
    [ROUTE_DELAYS, routes],
  ] as const) {
    await putView(api, view);
    await pushDelays(api, view, delays);
    say(
      `feature view ${view.name}: ${delays.size.toLocaleString("en")} entities by ${view.joinKeys.join(" and ")}`,
    );
  }
}
