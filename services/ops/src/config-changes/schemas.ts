import { Type } from "typebox";
import { STATES } from "./queries.ts";

const Nullable = Type.Union([Type.String(), Type.Null()]);
const Instant = Type.String({ format: "date-time" });
const Text = (description: string) => Type.String({ minLength: 1, maxLength: 2_000, description });
const Figure = (minimum: number) =>
  Type.Optional(Type.Integer({ minimum, maximum: 1_000_000_000 }));

const Target = Type.Union(
  [
    Type.Object({ alias: Type.String() }, { additionalProperties: false }),
    Type.Object({ service: Type.String(), pool: Type.String() }, { additionalProperties: false }),
  ],
  { description: "An alias of PgBouncer, or the gate of a workload in the instances of a service" },
);

const Settings = Type.Object(
  {
    pool_size: Figure(1),
    base: Figure(1),
    overflow: Figure(0),
    max_waiters: Figure(0),
    acquire_timeout_ms: Figure(1),
  },
  { description: "Of an alias: pool_size. Of a gate: the others. What is left out stays." },
);

export const PostConfigChangeBody = Type.Object(
  {
    target: Target,
    settings: Settings,
    reason: Text("Why"),
    expected_effect: Text("What should get better, and how it will be seen"),
    rollback: Type.Optional(
      Text("How to go back by hand; by default, the same call with the values before"),
    ),
    window_seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3_600,
        default: 30,
        description: "How long one instance is measured before, and watched after",
      }),
    ),
  },
  {
    examples: [
      {
        target: { alias: "sluice_feature" },
        settings: { pool_size: 6 },
        reason: "Look-ups wait at peak times",
        expected_effect: "Mean wait for a server connection under 1 ms",
      },
    ],
  },
);

export const ConfigChangeParams = Type.Object({ change: Type.String({ pattern: "^\\d{1,18}$" }) });

const MEMBERS = {
  id: Type.String(),
  created_at: Instant,
  started_at: Type.Union([Instant, Type.Null()], { description: "When its present step began" }),
  finished_at: Type.Union([Instant, Type.Null()]),
  state: Type.Enum([...STATES]),
  author: Type.String(),
  reason: Type.String(),
  expected_effect: Type.String(),
  rollback: Type.String(),
  window_seconds: Type.Integer(),
  target: Type.Record(Type.String(), Type.String()),
  settings: Type.Record(Type.String(), Type.Integer()),
  previous: Type.Union([Type.Record(Type.String(), Type.Integer()), Type.Null()]),
  canary: Nullable,
  evidence: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
    description: "What was counted before the change, and while it was tried",
  }),
  detail: Type.Union([Type.String(), Type.Null()], { description: "Why it ended as it did" }),
};

export const ConfigChangeAnswer = Type.Object(MEMBERS, { description: "The change" });

export const ConfigChangePage = Type.Object(
  { items: Type.Array(Type.Object(MEMBERS)), next_cursor: Nullable },
  { description: "Configuration changes, the newest first" },
);
