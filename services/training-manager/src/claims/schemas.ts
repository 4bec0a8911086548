import { Type } from "typebox";
import { ClaimedBy, JobAnswer, QueueName } from "../jobs/schemas.ts";

export const ClaimBody = Type.Object(
  {
    queues: Type.Optional(
      Type.Array(QueueName, { minItems: 1, maxItems: 32, description: "All queues when absent" }),
    ),
    claimed_by: Type.Optional(ClaimedBy),
  },
  { examples: [{ queues: ["default"], claimed_by: "node-17" }] },
);

export const ClaimQuery = Type.Object({
  wait_seconds: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 60,
      default: 0,
      description: "How long to wait for a job when there is none",
    }),
  ),
});

export const ClaimAnswer = Type.Unsafe<Record<string, unknown>>(
  Type.Object(
    {
      job: JobAnswer,
      attempt: Type.Integer(),
      token: Type.String({ description: "Fencing token: every later write names it" }),
      heartbeat_interval_seconds: Type.Number(),
      lease_expires_at: Type.String({
        format: "date-time",
        description: "The attempt is lost unless a rank has sent a heartbeat by then",
      }),
    },
    { description: "The job, which is running now" },
  ),
);

export const NothingToClaim = Type.Null({
  description: "Nothing is pending, or the tenant runs as much as it may",
});
