import { ALGORITHM, openOrder, type Order, Steps } from "@sluice/shuffle";
import type { Definition } from "./definition.ts";

/** A plan, ready to say what is delivered when. */
export class Plan {
  readonly planId: string;
  readonly datasetId: string;
  readonly definition: Definition;
  readonly steps: Steps;

  /** @throws Error for a plan of an algorithm that this process does not know: it would deliver another order. */
  constructor(planId: string, datasetId: string, definition: Definition) {
    if (definition.algorithm !== ALGORITHM)
      throw new Error(
        `plan ${planId} is of ${definition.algorithm}; this process knows ${ALGORITHM}`,
      );
    this.planId = planId;
    this.datasetId = datasetId;
    this.definition = definition;
    this.steps = new Steps({
      samples: definition.samples,
      batchSize: definition.batch_size,
      tail: definition.tail,
    });
  }

  /** The order of one epoch. Opening one costs a few microseconds. */
  order(epoch: number): Order {
    const { samples, shuffle, block_size, seed } = this.definition;
    return openOrder({
      samples,
      shuffle,
      blockSize: block_size ?? undefined,
      seed: BigInt(seed),
      epoch,
    });
  }
}

/** A plan as the API shows it. */
export function renderPlan({ planId, definition, steps }: Plan): Record<string, unknown> {
  return {
    plan_id: planId,
    ...definition,
    seed: BigInt(definition.seed),
    steps: steps.count,
  };
}
