import type { Plan } from "./plan.ts";
import type { SliceRequest, StepSlice } from "./step-slices.ts";

/** A slice as JSON text. Its columns are the database's own text. */
export function renderSlice(
  { planId, definition }: Plan,
  { epoch, rank, worldSize }: SliceRequest,
  { step, slice, ordinals, rows }: StepSlice,
): string {
  const head = { plan_id: planId, epoch, step, rank, world_size: worldSize, count: rows.count };
  const columns = definition.columns.map((column) => `"${column}":${rows.texts[column]}`);
  const mask = definition.tail === "pad_masked" ? `,"mask":[${maskOf(slice).join()}]` : "";
  return `${JSON.stringify(head).slice(0, -1)},"ordinals":[${ordinals.join()}],"columns":{${columns.join()}}${mask}}`;
}

function maskOf({ start, end, real }: StepSlice["slice"]): boolean[] {
  return Array.from({ length: end - start }, (_, index) => index < real);
}
