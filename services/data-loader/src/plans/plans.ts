import { SluiceError } from "@sluice/errors";
import type { Queryable } from "../data-loader.ts";
import { getDataset } from "../datasets/dataset.ts";
import { getSealed } from "../versions/version.ts";
import { define, planIdOf, type PlanRequest } from "./definition.ts";
import { Plan } from "./plan.ts";
import { findPlan, insertPlan } from "./queries.ts";

/** A plan is a few hundred bytes. */
const MAX_PLANS = 10_000;

/** The plans of all projects. They never change, so that those in use are kept in memory. */
export class Plans {
  readonly #db: Queryable;
  readonly #known = new Map<string, Plan>();

  constructor(db: Queryable) {
    this.#db = db;
  }

  /**
   * The plan for a request: the same for the same request.
   * @throws SluiceError DATASET_NOT_FOUND, VERSION_NOT_FOUND, VERSION_NOT_SEALED, VERSION_DELETED
   */
  async make(
    projectId: string,
    request: PlanRequest & { readonly version: number | undefined },
  ): Promise<Plan> {
    const { dataset_id } = await getDataset(this.#db, projectId, request.dataset);
    const version = await getSealed(this.#db, dataset_id, request.version);
    const definition = define(request, version);
    const plan = new Plan(planIdOf(definition), dataset_id, definition);
    await insertPlan(this.#db, projectId, { plan_id: plan.planId, dataset_id, definition });
    this.#keep(projectId, plan);
    return plan;
  }

  /** @throws SluiceError PLAN_NOT_FOUND */
  async get(projectId: string, planId: string): Promise<Plan> {
    const known = this.#known.get(`${projectId}/${planId}`);
    if (known !== undefined) return known;
    const row = await findPlan(this.#db, projectId, planId);
    if (row === undefined) {
      const detail = `The project has no plan "${planId}". Make it with POST …/plans; the same request gives the same id.`;
      throw new SluiceError("PLAN_NOT_FOUND", detail);
    }
    const plan = new Plan(row.plan_id, row.dataset_id, row.definition);
    this.#keep(projectId, plan);
    return plan;
  }

  #keep(projectId: string, plan: Plan): void {
    this.#known.set(`${projectId}/${plan.planId}`, plan);
    const oldest = this.#known.size > MAX_PLANS ? this.#known.keys().next().value : undefined;
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}
