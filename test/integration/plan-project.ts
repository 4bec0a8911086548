import { dataProject, type DataProject } from "./data-project.ts";

/** The members of answers that these tests look at. */
export interface Slice {
  readonly step: number;
  readonly count: number;
  readonly ordinals: readonly number[];
  readonly columns: { readonly sample_id: readonly string[] };
  readonly mask?: readonly boolean[];
}
export interface Plan {
  readonly plan_id: string;
  readonly steps: number;
  readonly samples: number;
  readonly fingerprint: string;
}

/** By version: one segment, several, and a single sample. */
export const SIZES: readonly (readonly number[])[] = [[97], [40, 1, 60], [1]];

/** A project with a dataset of a version for each of SIZES. */
export interface PlanProject extends DataProject {
  makePlan(members: object): Promise<Plan>;
  /** The answer to a GET, which must be 200. */
  read<T>(path: string): Promise<T>;
}

export async function planProject(): Promise<PlanProject> {
  const project = await dataProject();
  for (const [index, segments] of SIZES.entries())
    await project.makeVersion({ version: index + 1, prefix: "s", segments });
  const read = async <T>(path: string): Promise<T> => {
    const { status, text } = await project.send("GET", path);
    if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`);
    return JSON.parse(text) as T;
  };
  const makePlan = async (members: object): Promise<Plan> => {
    const body = { dataset: "samples", ...members };
    const { status, text } = await project.send("POST", "/plans", body);
    if (status !== 200) throw new Error(text);
    return JSON.parse(text) as Plan;
  };
  return { ...project, read, makePlan };
}

export function stepPath(
  plan: Plan,
  epoch: number,
  step: number | string,
  rank = 0,
  world = 1,
): string {
  return `/plans/${plan.plan_id}/epochs/${epoch}/steps/${step}?rank=${rank}&world_size=${world}`;
}
