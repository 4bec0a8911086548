import { type AnswerType, type Answer, encodeAnswer } from "../encodings/answer.ts";
import type { FrameColumn } from "../encodings/frame.ts";
import { openRowEncoder, type RowType } from "../encodings/row-encoder.ts";
import { sampleColumns } from "../samples/sample-columns.ts";
import type { Plan } from "./plan.ts";
import type { SliceRequest, StepSlice } from "./step-slices.ts";

/** A rank's slices: as JSON one object, or a list of them for a range of steps; else rows, each with its step. */
export function encodeSteps(
  type: AnswerType,
  plan: Plan,
  request: SliceRequest,
  slices: readonly StepSlice[],
): Buffer {
  if (type !== "application/json") return encodeRows(type, plan, request, slices);
  const answers = slices.map((slice) =>
    encodeAnswer(type, jsonAnswer(plan, request, slice)).toString(),
  );
  return Buffer.from(request.isRange ? `{"slices":[${answers.join()}]}` : answers[0]!);
}

/** What is the same of all samples of a request. */
function headOf({ planId }: Plan, { epoch, rank, worldSize }: SliceRequest) {
  return { plan_id: planId, epoch, rank, world_size: worldSize };
}

function jsonAnswer(plan: Plan, request: SliceRequest, slice: StepSlice): Answer {
  const { count } = slice.rows;
  return {
    members: { ...headOf(plan, request), step: slice.step, count },
    count,
    columns: sampleColumns(plan.definition.columns, slice.rows.texts),
    beside: [ordinals("ordinals", slice), ...mask(plan, slice)],
  };
}

function encodeRows(
  type: RowType,
  plan: Plan,
  request: SliceRequest,
  slices: readonly StepSlice[],
): Buffer {
  const encoder = openRowEncoder(type);
  const frames = slices.map((slice) => {
    const { count, texts } = slice.rows;
    const step = `[${new Array<number>(count).fill(slice.step).join()}]`;
    const columns: FrameColumn[] = [
      { name: "step", type: "integer", text: step },
      ordinals("ordinal", slice),
      ...mask(plan, slice),
      ...sampleColumns(plan.definition.columns, texts),
    ];
    return encoder.rows({ count, columns });
  });
  return Buffer.concat([...frames, encoder.end(headOf(plan, request))]);
}

function ordinals(name: string, slice: StepSlice): FrameColumn {
  return { name, type: "integer", text: `[${slice.ordinals.join()}]` };
}

/** Only where a step may be filled up: false for a sample that does so. */
function mask({ definition }: Plan, { slice: { start, end, real } }: StepSlice): FrameColumn[] {
  if (definition.tail !== "pad_masked") return [];
  const values = Array.from({ length: end - start }, (_, index) => index < real);
  return [{ name: "mask", type: "boolean", text: `[${values.join()}]` }];
}
