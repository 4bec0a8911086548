import type { DataProject } from "../../integration/data-project.ts";
import { percentile } from "../table.ts";

const RUNS = 200;
const IDS = 1_000;
const BATCH = 64;

/** What it takes to read from a dataset of `rows` samples, called s000000000 and on. */
export async function sampleCosts(
  project: DataProject,
  rows: number,
): Promise<Record<string, number>> {
  const ordinal = (index: number): number => Math.floor((index * 0.618034 * rows) % rows);
  const byId = await timed(async (run) => {
    const ids = Array.from({ length: IDS }, (_, index) => ordinal(run * IDS + index));
    const sample_ids = ids.map((id) => `s${String(id).padStart(9, "0")}`);
    return ask(project, "POST", `${project.dataset}/samples:lookup`, { version: 1, sample_ids });
  });
  const made = await ask(project, "POST", "/plans", { dataset: "samples", batch_size: BATCH });
  const { plan_id, steps } = JSON.parse(made) as { plan_id: string; steps: number };
  const step = await timed((run) => {
    const at = Math.floor((run * 0.618034 * steps) % steps);
    return ask(project, "GET", `/plans/${plan_id}/epochs/${run}/steps/${at}?rank=0&world_size=1`);
  });
  return {
    "1,000 ids p50 ms": percentile(byId, 0.5),
    "1,000 ids p99 ms": percentile(byId, 0.99),
    "step p50 ms": percentile(step, 0.5),
    "step p99 ms": percentile(step, 0.99),
  };
}

/** Milliseconds of each run; the first, which finds nothing in memory, is not counted. */
async function timed(work: (run: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run <= RUNS; run += 1) {
    const start = performance.now();
    await work(run);
    if (run > 0) times.push(performance.now() - start);
  }
  return times;
}

async function ask(
  project: DataProject,
  method: string,
  path: string,
  body?: unknown,
): Promise<string> {
  const { status, text } = await project.send(method, path, body);
  if (status >= 300) throw new Error(text);
  return text;
}
