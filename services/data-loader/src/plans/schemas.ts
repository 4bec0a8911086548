import { Type } from "typebox";
import { answerContent } from "../encodings/answer-content.ts";
import { COLUMNS } from "../samples/columns.ts";
import { DatasetParams, ProjectParams } from "../datasets/schemas.ts";

const MAX_INDEX = 2 ** 31 - 1;
const MAX_BATCH_SIZE = 1_000_000;
const MAX_WORLD_SIZE = 1_000_000;

export const PlanBody = Type.Object(
  {
    dataset: DatasetParams.properties.dataset,
    version: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_INDEX,
        description: "The newest sealed one when absent",
      }),
    ),
    seed: Type.Optional(
      // Without a type: the validator knows no integers beyond a double, and the handler checks what it gets.
      Type.Unsafe<unknown>({ default: 0, description: "An integer from 0 to 2^63−1" }),
    ),
    shuffle: Type.Optional(Type.Enum(["full", "block", "none"], { default: "full" })),
    block_size: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_BATCH_SIZE,
        default: 1_024,
        description: "Of `block` only",
      }),
    ),
    batch_size: Type.Integer({
      minimum: 1,
      maximum: MAX_BATCH_SIZE,
      description: "Samples of a step over all ranks",
    }),
    tail: Type.Optional(Type.Enum(["short", "pad_masked", "drop"], { default: "short" })),
    columns: Type.Optional(Type.Array(Type.Enum([...COLUMNS]), { uniqueItems: true, minItems: 1 })),
  },
  {
    examples: [
      { dataset: "flights", version: 1, seed: 7, shuffle: "full", batch_size: 256, tail: "short" },
    ],
  },
);

export const PlanParams = Type.Object({ ...ProjectParams.properties, plan: Type.String() });

const Epoch = Type.Integer({ minimum: 0, maximum: MAX_INDEX });

export const EpochParams = Type.Object({ ...PlanParams.properties, epoch: Epoch });

export const StepParams = Type.Object({
  ...EpochParams.properties,
  step: Type.String({
    pattern: "^(0|[1-9][0-9]{0,9})(-(0|[1-9][0-9]{0,9}))?$",
    description: "A step, or the first and the last of up to 100: `3`, `3-7`",
  }),
});

export const StepQuery = Type.Object({
  rank: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_WORLD_SIZE - 1, default: 0 })),
  world_size: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_WORLD_SIZE, default: 1 })),
  fingerprint: Type.Optional(
    Type.String({ maxLength: 128, description: "That of the data which the reader began with" }),
  ),
});

export const LocateQuery = Type.Object({
  sample_id: Type.String({ minLength: 1, maxLength: 512 }),
});

export const AuditQuery = Type.Object({ epoch: Type.Optional({ ...Epoch, default: 0 }) });

const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);

export const PlanAnswer = Type.Unsafe<Record<string, unknown>>(
  Type.Object(
    {
      plan_id: Type.String({ description: "The hash of all the rest" }),
      dataset: Type.String(),
      version: Type.Integer(),
      fingerprint: Type.String(),
      samples: Type.Integer(),
      steps: Type.Integer(),
      algorithm: Type.String(),
      seed: Type.Integer(),
      shuffle: Type.String(),
      block_size: orNull(Type.Integer()),
      batch_size: Type.Integer(),
      tail: Type.String(),
      columns: Type.Array(Type.String()),
    },
    { description: "The plan" },
  ),
);

const SliceObject = Type.Object({
  plan_id: Type.String(),
  epoch: Type.Integer(),
  step: Type.Integer(),
  rank: Type.Integer(),
  world_size: Type.Integer(),
  count: Type.Integer({ description: "Samples of the slice, pads included" }),
  ordinals: Type.Array(Type.Integer()),
  columns: Type.Record(Type.String(), Type.Array(Type.Unknown())),
  mask: Type.Optional(
    Type.Array(Type.Boolean(), { description: "pad_masked only: false where a sample fills up" }),
  ),
});

export const StepAnswer = answerContent(
  "The rank's slice of the step, or of each of the steps",
  Type.Union([SliceObject, Type.Object({ slices: Type.Array(SliceObject) })]),
);

export const LocateAnswer = Type.Object(
  {
    ordinal: Type.Integer({ description: "Its number in the version" }),
    position: Type.Integer({ description: "When it is visited in this epoch, from 0" }),
    step: orNull(Type.Integer()),
  },
  { description: "Where the sample comes; step is null when `drop` leaves it out" },
);

export const AuditAnswer = Type.Object(
  {
    samples: Type.Integer(),
    delivered: Type.Integer(),
    missing: Type.Integer(),
    repeated: Type.Integer(),
    padded: Type.Integer(),
    sha256: Type.String({
      description: "Of the ordinals in their order, 8 bytes little-endian each",
    }),
  },
  { description: "What the epoch delivers, counted sample by sample" },
);

export const NotModified = Type.Null({ description: "What the client has is still right" });
