import { Type } from "typebox";

const Values = Type.Array(Type.String(), { minItems: 1, description: "At most 10,000" });

export const SelectBody = Type.Object(
  {
    labels: Type.Optional(
      Type.Array(Type.Union([Type.String(), Type.Null()]), {
        minItems: 1,
        description: "At most 10,000; null is for samples without a label",
      }),
    ),
    created_from: Type.Optional(Type.String({ description: "RFC 3339, included" })),
    created_to: Type.Optional(Type.String({ description: "RFC 3339, excluded" })),
    sample_ids: Type.Optional(Values),
    feature_hashes: Type.Optional(Values),
  },
  {
    description: "Samples that fit every member; at least one is there",
    examples: [{ labels: ["late"], created_from: "2001-01-01T00:00:00Z" }],
  },
);
