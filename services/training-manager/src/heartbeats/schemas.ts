import { PageQuery } from "@sluice/http";
import { Type } from "typebox";
import { FENCE } from "../attempts/schemas.ts";
import { Instant, Message, orNull } from "../jobs/schemas.ts";

/** Beyond any world size. */
const MAX_RANK = 2 ** 31 - 1;

/** What a rank tells. What it leaves out, or sends null for, stays as it told it last. */
const TOLD = {
  // Checked by hand: a validator's integers end at 2^53 − 1.
  step: Type.Optional(Type.Unknown({ description: "Integer from 0 to 2^63 − 1" })),
  progress: Type.Optional(orNull(Type.Number({ minimum: 0, maximum: 1 }))),
  message: Type.Optional(orNull(Message)),
};

const Rank = Type.Integer({ minimum: 0, maximum: MAX_RANK });

export const HeartbeatBody = Type.Object(
  {
    ...FENCE,
    rank: Type.Optional({ ...Rank, description: "0 to world_size − 1" }),
    ...TOLD,
    beats: Type.Optional(
      Type.Array(Type.Object({ rank: Rank, ...TOLD }), {
        minItems: 1,
        description: "Instead of `rank` and what it tells: the same of up to 10,000 ranks",
      }),
    ),
  },
  {
    examples: [
      {
        attempt: 1,
        token: "0193a1b2-0000-4000-8000-000000000000",
        rank: 0,
        step: 1200,
        progress: 0.4,
      },
    ],
  },
);

export const HeartbeatReply = Type.Object(
  {
    directive: Type.Enum(["continue", "cancel", "checkpoint"], {
      description: "`checkpoint` is told to each rank once for each request",
    }),
    interval_seconds: Type.Number({ description: "When the next heartbeat should come" }),
    lease_expires_at: Type.String({
      format: "date-time",
      description: "A rank that sends none until then counts as silent",
    }),
  },
  { description: "The heartbeats are committed" },
);

export const RankQuery = Type.Object({
  ...PageQuery.properties,
  attempt: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MAX_RANK, description: "The last one when absent" }),
  ),
});

export const RankPage = Type.Unsafe<Record<string, unknown>>(
  Type.Object(
    {
      items: Type.Array(
        Type.Object({
          rank: Type.Integer(),
          attempt: Type.Integer(),
          status: Type.Enum(["waiting", "alive", "silent"], {
            description:
              "Waiting for its first heartbeat; alive; silent for longer than the job's time-out. Of an attempt that ended: at its end",
          }),
          step: orNull(Type.Integer()),
          progress: orNull(Type.Number()),
          message: orNull(Type.String()),
          started_at: Instant,
          beat_at: orNull(Instant),
          stepped_at: { ...orNull(Instant), description: "When its step last changed" },
        }),
      ),
      next_cursor: orNull(Type.String()),
    },
    { description: "Ranks in order" },
  ),
);
