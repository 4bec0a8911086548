import { EVENT_STREAM } from "@sluice/http";
import { Type } from "typebox";
import { OPERATION_KINDS } from "./queries.ts";

export const OperationParams = Type.Object({
  project: Type.String(),
  operation: Type.String(),
});

const Operation = Type.Object({
  id: Type.String(),
  kind: Type.Enum([...OPERATION_KINDS]),
  state: Type.Enum(["pending", "running", "succeeded", "failed"]),
  progress: Type.Number({ description: "From 0 to 1" }),
  created_at: Type.String({ format: "date-time" }),
  updated_at: Type.String({ format: "date-time" }),
  ended_at: Type.Union([Type.String({ format: "date-time" }), Type.Null()]),
  result: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
    description: "`version`: which one was sealed, deleted or selected",
  }),
  error: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
    description: "`code`, `detail` and what else the problem says",
  }),
});

export const OperationAnswer = {
  description: "The operation, or the stream",
  content: {
    "application/json": { schema: Operation },
    [EVENT_STREAM]: {
      schema: Type.String({ description: "Events of the type `operation`; data is the operation" }),
    },
  },
};

/** Of routes that begin an operation. */
export const Accepted = {
  description: "Under way: the operation as it is, and its path as `Location`",
  content: { "application/json": { schema: Operation } },
};
