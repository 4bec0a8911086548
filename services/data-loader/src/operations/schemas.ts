import { Type } from "typebox";

export const OperationParams = Type.Object({
  project: Type.String(),
  operation: Type.String(),
});

export const OperationAnswer = Type.Object(
  {
    id: Type.String(),
    kind: Type.Enum(["seal", "delete"]),
    state: Type.Enum(["pending", "running", "succeeded", "failed"]),
    progress: Type.Number({ description: "From 0 to 1" }),
    created_at: Type.String({ format: "date-time" }),
    updated_at: Type.String({ format: "date-time" }),
    ended_at: Type.Union([Type.String({ format: "date-time" }), Type.Null()]),
    result: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
    error: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
      description: "`code`, `detail` and what else the problem says",
    }),
  },
  { description: "The operation" },
);
