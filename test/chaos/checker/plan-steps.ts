import { dataProject } from "../../integration/data-project.ts";
import { randomFrom } from "../../trainers/faults.ts";
import type { Bed } from "../bed/bed.ts";
import { type Answered, startLoad } from "../load.ts";
import { type Checker, CLIENT_TIMEOUT_MS } from "./checker.ts";

const SAMPLES = 20_000;
const PLAN = {
  dataset: "samples",
  version: 1,
  seed: 7,
  shuffle: "full",
  batch_size: 64,
  tail: "short",
};
const WORLD_SIZE = 2;

/** The same step of a plan is the same bytes, whoever answers and whatever happened between. */
export async function checkPlanSteps(bed: Bed): Promise<Checker> {
  const project = await dataProject();
  await project.makeVersion({ version: 1, prefix: "s", segments: [SAMPLES] });
  const { status, text } = await project.send("POST", "/plans", PLAN);
  if (status !== 200) throw new Error(text);
  const plan = JSON.parse(text) as { plan_id: string; steps: number };
  const random = randomFrom(2);
  const seen = new Map<string, string>();
  const broken: string[] = [];
  const read = async (client: number): Promise<Answered> => {
    const step = Math.floor(random() * plan.steps);
    const rank = client % WORLD_SIZE;
    const path = `/plans/${plan.plan_id}/epochs/0/steps/${step}?rank=${rank}&world_size=${WORLD_SIZE}`;
    const signal = AbortSignal.timeout(CLIENT_TIMEOUT_MS);
    const answer = await project.send("GET", path, undefined, {
      origin: bed.origin("data-loader"),
      signal,
    });
    if (answer.status !== 200) return answer;
    const before = seen.get(path) ?? answer.text;
    if (before !== answer.text) broken.push(`${path} was another answer before`);
    seen.set(path, before);
    return answer;
  };
  const load = startLoad(8, read, 100);
  const finish = async (): Promise<readonly string[]> => {
    await load.stop();
    return broken;
  };
  return { loads: { "plan steps": load }, probes: { "data-loader": () => read(0) }, finish };
}
