import { Type } from "typebox";
import { OUTBOX_KINDS } from "../outbox/outbox-queue.ts";

export const DeadLetterParams = Type.Object({ project: Type.String(), id: Type.String() });

const DeadLetterObject = Type.Object(
  {
    id: Type.String({ description: "Of a webhook's delivery the `x-sluice-delivery`" }),
    kind: Type.Enum([...OUTBOX_KINDS]),
    job_id: Type.String(),
    error: Type.String({ description: "Why the last try failed" }),
    created_at: Type.String({ format: "date-time" }),
    failed_at: Type.String({ format: "date-time" }),
    payload: Type.Record(Type.String(), Type.Unknown()),
  },
  { description: "Something that followed from a job's change and could not be done" },
);

/** Integers of a payload may be BigInt. */
export const DeadLetterAnswer = Type.Unsafe<Record<string, unknown>>(DeadLetterObject);
export const DeadLetterPage = Type.Unsafe<Record<string, unknown>>(
  Type.Object(
    {
      items: Type.Array(DeadLetterObject),
      next_cursor: Type.Union([Type.String(), Type.Null()]),
    },
    { description: "Dead letters, the newest first" },
  ),
);
export const DeadLetterDeleted = Type.Null({ description: "It is gone for good" });
