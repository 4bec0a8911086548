import type { ProjectApi } from "./api.ts";
import type { Delays } from "./delays.ts";

/** Rows of one push: about 200 KB of JSON. */
const BATCH_ROWS = 1_000;

const FEATURES = [
  { name: "flights", type: "int64" },
  { name: "mean_delay", type: "float64" },
  { name: "late_share", type: "float64" },
  { name: "last_flight_at", type: "timestamp" },
] as const;

/** A feature view of the demo: the same features for one or for two join keys. */
export interface DelayView {
  readonly name: string;
  readonly joinKeys: readonly string[];
}

export const AIRPORT_DELAYS: DelayView = { name: "airport_delays", joinKeys: ["airport"] };
export const ROUTE_DELAYS: DelayView = {
  name: "route_delays",
  joinKeys: ["origin", "destination"],
};

export async function putView(api: ProjectApi, { name, joinKeys }: DelayView): Promise<void> {
  const join_keys = joinKeys.map((key) => ({ name: key, type: "string" }));
  await api.send("PUT", `feature-views/${name}`, { join_keys, features: FEATURES });
}

/** Pushes all rows, in batches. Repeating it changes nothing: a flight's time is the event time. */
export async function pushDelays(
  api: ProjectApi,
  view: DelayView,
  delays: ReadonlyMap<string, Delays>,
): Promise<void> {
  const rows = [...delays];
  for (let start = 0; start < rows.length; start += BATCH_ROWS) {
    const df = frameOf(view, rows.slice(start, start + BATCH_ROWS));
    await api.send("POST", "push", { push_source_name: view.name, df, to: "online" });
  }
}

/** Feast's form of a data frame: a list for each column. */
export function frameOf(
  { joinKeys }: DelayView,
  rows: readonly (readonly [key: string, delays: Delays])[],
): Record<string, unknown[]> {
  const keys = joinKeys.map((name, index) => [name, rows.map(([key]) => key.split(" ")[index])]);
  const times = rows.map(([, { last_flight_at }]) => last_flight_at.toISOString());
  return {
    ...Object.fromEntries(keys),
    flights: rows.map(([, { flights }]) => flights),
    mean_delay: rows.map(([, { mean_delay }]) => mean_delay),
    late_share: rows.map(([, { late_share }]) => late_share),
    last_flight_at: times,
    event_timestamp: times,
  };
}
