import { Type } from "typebox";
import { DatasetParams } from "../datasets/schemas.ts";

export const VersionParams = Type.Object({
  ...DatasetParams.properties,
  version: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
});

export const BeginVersionBody = Type.Object(
  {
    base_version: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 2_147_483_647,
        description: "A sealed version whose samples the new one begins with, by reference",
      }),
    ),
  },
  { examples: [{ base_version: 1 }] },
);

const VersionObject = Type.Object(
  {
    version: Type.Integer(),
    state: Type.Enum(["draft", "sealed", "deleting", "deleted"]),
    base_version: Type.Union([Type.Integer(), Type.Null()]),
    filter: Type.Union([Type.Object({}, { additionalProperties: true }), Type.Null()], {
      description: "Of a selection: by which its samples were chosen from those of the base",
    }),
    samples: Type.Union([Type.Integer(), Type.Null()], { description: "Known once it is sealed" }),
    fingerprint: Type.Union([Type.String(), Type.Null()], {
      description: "Of its content; known once it is sealed",
    }),
    created_at: Type.String({ format: "date-time" }),
    sealed_at: Type.Union([Type.String({ format: "date-time" }), Type.Null()]),
  },
  { description: "The version" },
);

/** Answers that handlers give as plain objects; integers may be BigInt. */
export const VersionAnswer = Type.Unsafe<object>(VersionObject);
export const VersionPage = Type.Unsafe<object>(
  Type.Object(
    { items: Type.Array(VersionObject), next_cursor: Type.Union([Type.String(), Type.Null()]) },
    { description: "Versions, the first one first" },
  ),
);
