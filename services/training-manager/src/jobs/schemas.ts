import { PageQuery, RESOURCE_NAME } from "@sluice/http";
import { type Static, Type } from "typebox";
import { STATUSES } from "../transitions/state-machine.ts";

/** Ranks of one job; each is a row that its heartbeats rewrite. */
const MAX_WORLD_SIZE = 10_000;
const MAX_ATTEMPTS = 100;
const DAY_SECONDS = 86_400;
const WEEK_SECONDS = 7 * DAY_SECONDS;

/** Text that PostgreSQL can hold: without U+0000 and halves of surrogate pairs. */
export const TEXT = "^[^\\u0000\\uD800-\\uDFFF]*$";

/** What people and programs say of a job, an attempt or a rank. */
export const Message = Type.String({ maxLength: 4_000, pattern: TEXT });

/** Who works on something, for people. */
export const ClaimedBy = Type.String({ minLength: 1, maxLength: 200, pattern: TEXT });

export const QueueName = Type.String({ pattern: RESOURCE_NAME });

export const ProjectParams = Type.Object({ project: Type.String() });
export const JobParams = Type.Object({ project: Type.String(), job: Type.String() });

const RetryPolicy = Type.Object({
  initial_delay_seconds: Type.Optional(
    Type.Number({ minimum: 0, maximum: DAY_SECONDS, default: 5 }),
  ),
  factor: Type.Optional(Type.Number({ minimum: 1, maximum: 10, default: 2 })),
  max_delay_seconds: Type.Optional(
    Type.Number({ minimum: 0, maximum: WEEK_SECONDS, default: 300 }),
  ),
  jitter: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.2,
      description: "Share of the delay by which it may be shorter or longer",
    }),
  ),
});

const Labels = Type.Record(
  Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_./-]{0,62}$" }),
  Type.String({ maxLength: 255, pattern: TEXT }),
  { maxProperties: 64, additionalProperties: false },
);

export const CreateJobBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200, pattern: TEXT }),
    queue: Type.Optional(Type.String({ pattern: RESOURCE_NAME, default: "default" })),
    priority: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 100, default: 50, description: "Larger first" }),
    ),
    world_size: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_WORLD_SIZE,
        default: 1,
        description: "Worker processes of an attempt: ranks 0 to world_size − 1",
      }),
    ),
    max_attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_ATTEMPTS, default: 1 })),
    retry_policy: Type.Optional({ ...RetryPolicy, default: {} }),
    heartbeat_timeout_seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: DAY_SECONDS,
        default: 15,
        description: "A rank that is silent for longer is lost",
      }),
    ),
    labels: Type.Optional({ ...Labels, default: {} }),
    spec: Type.Optional(
      Type.Unsafe<Record<string, unknown>>({
        type: "object",
        additionalProperties: true,
        default: {},
        description: "Whatever the trainer needs; at most 1 MiB of JSON",
      }),
    ),
  },
  {
    examples: [
      {
        name: "resnet-50",
        world_size: 8,
        max_attempts: 3,
        labels: { team: "vision" },
        spec: { lr: 0.1 },
      },
    ],
  },
);

/** A body in which the validator has filled the schema's defaults in. */
export type CompleteJobBody = {
  [K in keyof Omit<Static<typeof CreateJobBody>, "retry_policy">]-?: NonNullable<
    Static<typeof CreateJobBody>[K]
  >;
} & { retry_policy: Required<Static<typeof RetryPolicy>> };

export const JobQuery = Type.Object({
  ...PageQuery.properties,
  status: Type.Optional(Type.Enum([...STATUSES])),
  queue: Type.Optional(QueueName),
  label: Type.Optional(
    Type.Array(Type.String({ pattern: "^[^:]+:" }), {
      maxItems: 16,
      description: "key:value, once for each label that the job must have",
    }),
  ),
});

export const Instant = Type.String({ format: "date-time" });
export const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);

const JobObject = Type.Object(
  {
    id: Type.String(),
    project: Type.String(),
    name: Type.String(),
    queue: Type.String(),
    priority: Type.Integer(),
    status: Type.Enum([...STATUSES]),
    reason: Type.String({ description: "Why it is in this state; `lost` is told from `failed`" }),
    attempt: Type.Integer({ description: "Number of the last attempt; 0 before the first" }),
    max_attempts: Type.Integer(),
    world_size: Type.Integer(),
    retry_policy: RetryPolicy,
    heartbeat_timeout_seconds: Type.Integer(),
    labels: Type.Record(Type.String(), Type.String()),
    spec: Type.Record(Type.String(), Type.Unknown()),
    progress: { ...orNull(Type.Number()), description: "Mean over the ranks that told theirs" },
    step: {
      ...orNull(Type.Integer()),
      description: "The smallest over the ranks that told theirs",
    },
    message: orNull(Type.String()),
    claimed_by: orNull(Type.String()),
    retry_of: orNull(Type.String()),
    created_at: Instant,
    updated_at: Instant,
    started_at: orNull(Instant),
    ended_at: orNull(Instant),
    retry_at: { ...orNull(Instant), description: "When a retrying job becomes pending" },
    hung_since: { ...orNull(Instant), description: "Since when its ranks beat and no step moves" },
    checkpoint_requested_at: orNull(Instant),
  },
  { description: "The job" },
);

/** Answers that handlers give as plain objects; integers may be BigInt. */
export const JobAnswer = Type.Unsafe<Record<string, unknown>>(JobObject);
export const JobPage = Type.Unsafe<Record<string, unknown>>(
  Type.Object(
    { items: Type.Array(JobObject), next_cursor: orNull(Type.String()) },
    { description: "Jobs, the newest first" },
  ),
);
