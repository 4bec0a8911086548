import { featureProject } from "../integration/feature-project.ts";
import { claimJobs, trainingProject } from "../integration/training-project.ts";
import { type DataProject, dataProject } from "../integration/data-project.ts";
import { requestText } from "../bench/load/offer.ts";
import type { Flow } from "../bench/load/plan.ts";
import { BATCHES, SINGLES } from "../bench/load/request-kinds.ts";
import { readStack } from "@sluice/testing";

/** Load on one service, whose generator is a process of its own. */
export interface ServiceLoad {
  readonly service: string;
  readonly flows: readonly Flow[];
}

const JOBS = 120;
const WORLD_SIZE = 20;
const SAMPLES = 200_000;

/** Every rank of 120 jobs × 20 beats once a second. */
export async function heartbeats(): Promise<ServiceLoad> {
  const project = await trainingProject();
  const claims = await claimJobs(project, JOBS, WORLD_SIZE);
  const base = `${readStack().services["training-manager"]!.url}/v1/projects/${project.project}`;
  const requests = Array.from({ length: JOBS * WORLD_SIZE }, (_, beat) => {
    const { id, fence } = claims[beat % JOBS]!;
    const target = { url: `${base}/jobs/${id}/heartbeats`, key: project.key, method: "POST" };
    const body = { ...fence, rank: Math.floor(beat / JOBS), step: beat, progress: 0.5 };
    return requestText(target, JSON.stringify(body));
  });
  const rate = requests.length;
  return {
    service: "training-manager",
    flows: [{ name: "heartbeats", requests, rate, connections: rate }],
  };
}

/** Models that ask for one entity, and others for a hundred. */
export async function lookUps(): Promise<ServiceLoad> {
  const [singles, batches] = [await featureProject(), await featureProject()];
  return {
    service: "feature-api",
    flows: [
      {
        name: "single look-ups",
        requests: await SINGLES.requests(singles),
        rate: 300,
        connections: 100,
      },
      {
        name: "batch look-ups",
        requests: await BATCHES.requests(batches),
        rate: 10,
        connections: 20,
      },
    ],
  };
}

/** Loaders that read a plan's steps, each its rank's slice. */
export async function steps({ batchSize = 256, worldSize = 4 } = {}): Promise<ServiceLoad> {
  const project = await dataProject();
  await project.makeVersion({ version: 1, prefix: "s", segments: [SAMPLES] });
  return stepsOf(project, { batchSize, worldSize });
}

/** The same over a version that is there already. */
export async function stepsOf(
  project: DataProject,
  { batchSize, worldSize }: { batchSize: number; worldSize: number },
): Promise<ServiceLoad> {
  const { status, text } = await project.send("POST", "/plans", {
    dataset: "samples",
    version: 1,
    seed: 7,
    shuffle: "full",
    batch_size: batchSize,
    tail: "short",
  });
  if (status !== 200) throw new Error(text);
  const plan = JSON.parse(text) as { plan_id: string; steps: number };
  const base = `${readStack().services["data-loader"]!.url}/v1/projects/${project.project}`;
  const requests = Array.from({ length: plan.steps }, (_, step) =>
    requestText({
      url: `${base}/plans/${plan.plan_id}/epochs/0/steps/${step}?rank=${step % worldSize}&world_size=${worldSize}`,
      key: project.key,
    }),
  );
  return {
    service: "data-loader",
    flows: [{ name: "plan steps", requests, rate: 50, connections: 50 }],
  };
}
