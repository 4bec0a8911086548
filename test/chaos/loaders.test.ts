import { createHash } from "node:crypto";
import { readStack } from "@sluice/testing";
import { beforeAll, expect, test } from "vitest";
import { type DataProject, dataProject } from "../integration/data-project.ts";
import { type ServiceInstance, startDataLoader } from "../integration/service-instance.ts";
import { until } from "../integration/until.ts";

const WORLD_SIZE = 8;
const BATCH = 512;

interface Plan {
  readonly plan_id: string;
  readonly steps: number;
}

let project: DataProject;

beforeAll(async () => {
  project = await dataProject();
  await project.makeVersion({ version: 1, prefix: "s", segments: [9_999, 1, 20_000] });
});

/** A loader of one rank: its cursor is the step, which it keeps itself; it goes on at whichever instance answers. */
class Loader {
  readonly #hash = createHash("sha256");
  readonly #rank: number;
  step = 0;
  failures = 0;

  constructor(rank: number) {
    this.#rank = rank;
  }

  /** Reads to the end of the epoch. */
  async run({ plan_id, steps }: Plan, origins: readonly string[]): Promise<void> {
    let at = this.#rank;
    while (this.step < steps) {
      const path = `/plans/${plan_id}/epochs/4/steps/${this.step}?rank=${this.#rank}&world_size=${WORLD_SIZE}`;
      const origin = origins[at % origins.length]!;
      const answer = await project.send("GET", path, undefined, { origin }).catch(() => undefined);
      if (answer?.status === 200) {
        this.#hash.update(answer.text);
        this.step += 1;
      } else {
        this.failures += 1;
        at += 1;
      }
    }
  }

  digest(): string {
    return this.#hash.digest("hex");
  }
}

/** @param strike called once, when the epoch is half over */
async function runEpoch(
  plan: Plan,
  origins: readonly string[],
  strike: () => Promise<void> = async () => undefined,
): Promise<{ digests: string[]; failures: number }> {
  const loaders = Array.from({ length: WORLD_SIZE }, (_, rank) => new Loader(rank));
  const running = Promise.all(loaders.map((loader) => loader.run(plan, origins)));
  const isHalf = (): boolean => loaders.every(({ step }) => step >= plan.steps / 2);
  await until("the epoch is half over", isHalf, 120_000);
  await strike();
  await running;
  const failures = loaders.reduce((sum, loader) => sum + loader.failures, 0);
  return { digests: loaders.map((loader) => loader.digest()), failures };
}

test("an instance killed in the middle of an epoch changes no byte of what its loaders get", async () => {
  const members = { dataset: "samples", seed: 5, batch_size: BATCH, tail: "pad_masked" };
  const made = await project.send("POST", "/plans", members);
  const plan = JSON.parse(made.text) as Plan;
  const own = readStack().services["data-loader"]!.url;
  const undisturbed = await runEpoch(plan, [own]);
  expect(undisturbed.failures).toBe(0);
  const other: ServiceInstance = await startDataLoader();
  const disturbed = await runEpoch(plan, [own, other.url], () => other.kill());
  expect(disturbed.digests).toEqual(undisturbed.digests);
  // Half of them were its, and had to go on elsewhere.
  expect(disturbed.failures).toBeGreaterThanOrEqual(WORLD_SIZE / 2);
});
