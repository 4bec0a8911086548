import { SluiceError } from "@sluice/errors";
import { ordinalsOf, type Slice } from "@sluice/shuffle";
import type { Queryable } from "../data-loader.ts";
import { COLUMNS } from "../samples/columns.ts";
import { tooManyBytes } from "../samples/look-up.ts";
import { readSlices, type SampleColumns } from "../samples/queries.ts";
import type { Layouts } from "../versions/layouts.ts";
import type { Plan } from "./plan.ts";

/** Which part of which steps of an epoch. */
export interface SliceRequest {
  readonly epoch: number;
  readonly firstStep: number;
  /** Included. */
  readonly lastStep: number;
  /** Steps were asked for by their first and last. */
  readonly isRange: boolean;
  readonly rank: number;
  readonly worldSize: number;
}

/** What a rank gets of one step. */
export interface StepSlice {
  readonly step: number;
  readonly slice: Slice;
  readonly ordinals: Float64Array;
  readonly rows: SampleColumns;
}

/** Samples of one answer: a few megabytes as JSON. */
const MAX_SAMPLES = 100_000;

/**
 * A rank's slices of some steps: a pure function of plan and request, read in one statement.
 * @throws SluiceError STEP_OUT_OF_RANGE, TOO_MANY_ROWS for too many samples or bytes, VERSION_DELETED
 */
export async function readSteps(
  db: Queryable,
  layouts: Layouts,
  plan: Plan,
  request: SliceRequest,
): Promise<StepSlice[]> {
  const wanted = slicesOf(plan, request);
  const order = plan.order(request.epoch);
  const ordinals = wanted.map(({ slice }) => ordinalsOf(order, slice));
  const { version, columns } = plan.definition;
  const layout = await layouts.of(plan.datasetId, version);
  const address = { datasetId: plan.datasetId, version };
  const ranges = ordinals.map((list) => layout.rangesOf(list));
  const { state, slices } = await readSlices(db, address, ranges, columns);
  if (state !== "sealed") throw versionDeleted(version);
  return wanted.map(({ step, slice }, index) => {
    const rows = slices[index] ?? NO_ROWS;
    const list = ordinals[index]!;
    if (rows.count !== list.length)
      throw new Error(`step ${step} has ${rows.count} of its ${list.length} rows`);
    if (rows.fitting < rows.count)
      throw tooManyBytes(
        "Ask for fewer steps, or make a plan of smaller batches or fewer columns.",
      );
    return { step, slice, ordinals: list, rows };
  });
}

const NO_ROWS: SampleColumns = {
  count: 0,
  fitting: 0,
  texts: Object.fromEntries(COLUMNS.map((column) => [column, "[]"])),
};

function slicesOf(plan: Plan, request: SliceRequest): { step: number; slice: Slice }[] {
  const { firstStep, lastStep, rank, worldSize } = request;
  if (lastStep >= plan.steps.count) throw outOfRange(lastStep, plan.steps.count);
  const steps = Array.from({ length: lastStep - firstStep + 1 }, (_, index) => firstStep + index);
  const wanted = steps.map((step) => ({ step, slice: plan.steps.slice(step, rank, worldSize) }));
  const samples = wanted.reduce((sum, { slice: { start, end } }) => sum + end - start, 0);
  if (samples > MAX_SAMPLES) {
    const detail = `The slices have ${samples} samples; one call takes ${MAX_SAMPLES}. Ask for fewer steps, or for the slice of one rank.`;
    throw new SluiceError("TOO_MANY_ROWS", detail, { extra: { limit: MAX_SAMPLES } });
  }
  return wanted;
}

function outOfRange(step: number, steps: number): SluiceError {
  const detail = `Step ${step} is beyond the epoch's ${steps} steps, which count from 0. Go on with step 0 of the next epoch.`;
  return new SluiceError("STEP_OUT_OF_RANGE", detail, { extra: { steps } });
}

function versionDeleted(version: number): SluiceError {
  return new SluiceError(
    "VERSION_DELETED",
    `Version ${version}, which the plan reads, was deleted.`,
  );
}
