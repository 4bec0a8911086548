import { Type } from "typebox";
import { columnsByName } from "../columns.ts";
import { ProjectName, ViewName } from "../views/schemas.ts";
import { MAX_ENTITY_ROWS } from "./entity-columns.ts";

/** A thousand views of ten features; the values asked for have a limit of their own. */
const MAX_BATCH_FEATURES = 10_000;

/** Of a view's name, a colon and a feature's name. */
const MAX_REFERENCE = 200;

export const EntityParams = Type.Object({
  project: ProjectName,
  view: ViewName,
  "*": Type.String({
    examples: ["JFK"],
    description: "Join key values in the view's order, percent-encoded, one path segment each",
  }),
});

export const SingleQuery = Type.Object({
  features: Type.Optional(
    Type.String({ description: "Names, separated by commas; all features when absent" }),
  ),
  include_stale: Type.Optional(
    Type.Boolean({ default: false, description: "Show values that have outlived the view's TTL" }),
  ),
});

const SingleObject = Type.Object(
  {
    entity: Type.Record(Type.String(), Type.Unknown(), { description: "Join key values" }),
    features: Type.Record(Type.String(), Type.Unknown(), {
      description: "Values; null when never written",
    }),
    event_timestamp: Type.String({ format: "date-time" }),
    status: Type.Enum(["PRESENT", "OUTSIDE_MAX_AGE"]),
  },
  {
    description: "The entity's features",
    examples: [
      {
        entity: { airport: "JFK" },
        features: { flights: 9223372036854, mean_delay: 12.5 },
        event_timestamp: "2026-01-02T03:04:05.000001Z",
        status: "PRESENT",
      },
    ],
  },
);

export const BatchQuery = Type.Object({
  include_stale: Type.Optional(
    Type.Boolean({
      default: false,
      description: "Show values that have outlived their view's TTL",
    }),
  ),
});

export const BatchBody = Type.Object(
  {
    entities: columnsByName(
      `Join key values by name, one array element an entity row, at most ${MAX_ENTITY_ROWS}. Columns that no view is keyed by are ignored.`,
    ),
    features: Type.Optional(
      Type.Array(Type.String({ maxLength: MAX_REFERENCE }), {
        default: [],
        maxItems: MAX_BATCH_FEATURES,
        description: "view:feature",
      }),
    ),
    feature_service: Type.Optional(
      Type.Union([Type.String(), Type.Null()], {
        description: "Instead of `features`, and before it",
      }),
    ),
    full_feature_names: Type.Optional(
      Type.Boolean({ default: false, description: "Name columns view__feature" }),
    ),
  },
  {
    examples: [
      {
        features: ["airport_delays:flights", "airport_delays:mean_delay"],
        entities: { airport: ["JFK", "LAX"] },
      },
    ],
  },
);

const BatchObject = Type.Object(
  {
    metadata: Type.Object({ feature_names: Type.Array(Type.String()) }),
    results: Type.Array(
      Type.Object({
        values: Type.Array(Type.Unknown()),
        statuses: Type.Array(Type.Enum(["PRESENT", "NULL_VALUE", "NOT_FOUND", "OUTSIDE_MAX_AGE"])),
        event_timestamps: Type.Array(Type.String()),
      }),
    ),
  },
  {
    description:
      "One element of `results` for each of `feature_names`: join keys, then features, each in request order",
    examples: [
      {
        metadata: { feature_names: ["airport", "mean_delay"] },
        results: [
          { values: ["JFK"], statuses: ["PRESENT"], event_timestamps: ["1970-01-01T00:00:00Z"] },
          {
            values: [12.5],
            statuses: ["PRESENT"],
            event_timestamps: ["2026-01-02T03:04:05.000001Z"],
          },
        ],
      },
    ],
  },
);

/** Answers that handlers send as JSON, assembled by value types; the schemas document them. */
export const SingleAnswer = Type.Unsafe<string>(SingleObject);
export const BatchAnswer = Type.Unsafe<Buffer>(BatchObject);
