import { Type } from "typebox";
import { MODES } from "./decision.ts";

const Nullable = Type.Union([Type.String(), Type.Null()]);

const Mode = Type.Enum([...MODES], {
  description:
    "on: decides and acts; dry_run: decides and records; frozen: refuses whatever it would do, and leaves drift as it is",
});

export const PutAutoscalerBody = Type.Object({ mode: Mode }, { examples: [{ mode: "dry_run" }] });

export const AutoscalerAnswer = Type.Object(
  {
    mode: Mode,
    mode_set_at: Type.String({ format: "date-time" }),
    mode_set_by: Nullable,
    leader: Type.Union([Type.String(), Type.Null()], {
      description: "The instance that may change pools; null while none looks after them",
    }),
    leader_until: Nullable,
    term: Type.String({ description: "Counts the times that the lease changed hands" }),
  },
  { description: "The autoscaler" },
);
