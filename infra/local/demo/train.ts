import { Fleet } from "@sluice/test/trainers";
import type { ProjectApi } from "./api.ts";

const JOBS = [
  { name: "delay-regressor", world_size: 4, labels: { model: "regression" } },
  { name: "lateness-classifier", world_size: 2, priority: 60, labels: { model: "classification" } },
];
const PACE = { steps: 10, beatEveryMs: 150, together: false, duplicates: 0 };
const LONGEST_MS = 60_000;

/** Creates two jobs through the API and has simulated trainers claim, run and finish them. */
export async function trainDemo(
  api: ProjectApi,
  trainer: { readonly url: string; readonly project: string; readonly key: string },
  say: (line: string) => void,
): Promise<void> {
  for (const job of JOBS) await api.send("POST", "jobs", job);
  const { url, project, key } = trainer;
  const fleet = new Fleet({ origin: () => url, key, project, trainers: JOBS.length, pace: PACE });
  try {
    await fleet.finished(JOBS.length, AbortSignal.timeout(LONGEST_MS));
  } finally {
    await fleet.stop();
  }
  const ends = fleet.worked.map(({ end }) => end).join(" and ");
  say(`${JOBS.length} training jobs: ${ends} after ${fleet.tally.beats} heartbeats`);
}
