import type { FeatureProject } from "../../integration/feature-project.ts";

const ENTITIES = 1_000;
/** Of a batch. */
export const ROWS = 100;
export const FEATURES = 50;

/** Makes `count` views that share the features among them, with every entity in each. @returns the features as Feast refers to them */
export async function fillViews(project: FeatureProject, count: number): Promise<string[]> {
  const features = Array.from({ length: Math.ceil(FEATURES / count) }, (_, index) => `f${index}`);
  const entities = Array.from({ length: ENTITIES }, (_, index) => `e${index}`);
  const names: string[] = [];
  for (let view = 0; view < count; view += 1) {
    const name = `batch-${count}-${view}`;
    const types = Object.fromEntries(features.map((feature) => [feature, "float64"]));
    await project.makeView(name, { entity: "string" }, types);
    const columns = features.map((feature, index) => [
      feature,
      entities.map((_, row) => row + index / 7),
    ]);
    const df = { entity: entities, ...Object.fromEntries(columns) };
    const { status, text } = await project.send("POST", "/push", {
      push_source_name: name,
      df,
      to: "online",
    });
    if (status !== 200) throw new Error(text);
    names.push(...features.map((feature) => `${name}:${feature}`));
  }
  return names.slice(0, FEATURES);
}

/** Bodies of batch look-ups, each of other entities. */
export function batchBodies(features: readonly string[]): string[] {
  return Array.from({ length: ENTITIES / ROWS }, (_, batch) => {
    const entity = Array.from({ length: ROWS }, (__, row) => `e${batch * ROWS + row}`);
    return JSON.stringify({ features, entities: { entity }, full_feature_names: true });
  });
}
