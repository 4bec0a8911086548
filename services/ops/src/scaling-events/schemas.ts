import { PageQuery } from "@sluice/http";
import { Type } from "typebox";
import { OUTCOMES, REASONS } from "../autoscaler/decision.ts";

const Instant = Type.String({ format: "date-time" });
const Count = Type.Integer();

export const ScalingEventsQuery = Type.Object({
  ...PageQuery.properties,
  alias: Type.Optional(Type.String({ description: "Only of this alias of PgBouncer" })),
});

const ScalingEvent = Type.Object({
  id: Type.String(),
  at: Instant,
  last_at: Type.String({
    format: "date-time",
    description: "When it was decided again, alike, the last time",
  }),
  finished_at: Type.Union([Instant, Type.Null()]),
  repeats: Type.Integer({ description: "How often it was decided again" }),
  alias: Type.String(),
  action: Type.Enum(["grow", "shrink", "hold", "refuse", "restore"]),
  reason: Type.Enum([...REASONS]),
  outcome: Type.Enum([...OUTCOMES]),
  size_before: Count,
  size_asked: Count,
  size_read_back: Type.Union([Count, Type.Null()]),
  servers_after: Type.Union([Count, Type.Null()]),
  actor: Type.String(),
  term: Type.String(),
  detail: Type.String(),
  seen: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
    description: "The sample that decided",
  }),
});

export const ScalingEventsPage = Type.Object(
  { items: Type.Array(ScalingEvent), next_cursor: Type.Union([Type.String(), Type.Null()]) },
  { description: "Decisions over pool sizes, the newest first" },
);
