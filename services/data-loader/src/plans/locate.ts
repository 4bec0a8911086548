import { SluiceError } from "@sluice/errors";
import type { DataLoader } from "../data-loader.ts";
import type { Plan } from "./plan.ts";
import { findSample } from "./queries.ts";

/** When a sample is visited in an epoch. @throws SluiceError SAMPLE_NOT_FOUND */
export async function locate(
  { sampleDb, layouts }: Pick<DataLoader, "sampleDb" | "layouts">,
  plan: Plan,
  epoch: number,
  sampleId: string,
): Promise<{ ordinal: number; position: number; step: number | null }> {
  const { version, dataset } = plan.definition;
  const layout = await layouts.of(plan.datasetId, version);
  const found = await findSample(sampleDb, plan.datasetId, sampleId, layout.segmentIds);
  const [ordinal] = found.flatMap(
    ({ segment_id, position }) => layout.ordinalOf(segment_id, position) ?? [],
  );
  if (ordinal === undefined) {
    const detail = `Version ${version} of dataset "${dataset}" holds no sample "${sampleId}".`;
    throw new SluiceError("SAMPLE_NOT_FOUND", detail);
  }
  const position = plan.order(epoch).positionOf(ordinal);
  return { ordinal, position, step: plan.steps.locate(position)?.step ?? null };
}
