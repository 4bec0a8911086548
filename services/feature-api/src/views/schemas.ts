import { RESOURCE_NAME } from "@sluice/http";
import { Type } from "typebox";
import { JOIN_KEY_TYPES, VALUE_TYPES } from "../values/value-types.ts";
import { MAX_FEATURES, MAX_JOIN_KEYS } from "./definition.ts";

/** Names of columns: no comma or colon, which separate them in requests. */
const COLUMN_NAME = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$";

const ColumnName = Type.String({
  pattern: COLUMN_NAME,
  description: "Unique over join keys and features",
});

const JoinKey = Type.Object({ name: ColumnName, type: Type.Enum([...JOIN_KEY_TYPES]) });

const Feature = Type.Object({ name: ColumnName, type: Type.Enum([...VALUE_TYPES]) });

const TtlSeconds = Type.Union([Type.Integer({ minimum: 0, maximum: 3_155_760_000 }), Type.Null()], {
  description: "Age after which values are OUTSIDE_MAX_AGE; absent, null or 0: never",
});

export const ProjectName = Type.String({ examples: ["demo"] });

export const ViewName = Type.String({ pattern: RESOURCE_NAME, examples: ["airport_delays"] });

export const ProjectParams = Type.Object({ project: ProjectName });

export const ViewParams = Type.Object({ project: ProjectName, view: ViewName });

export const PutViewBody = Type.Object(
  {
    join_keys: Type.Array(JoinKey, { minItems: 1, maxItems: MAX_JOIN_KEYS }),
    features: Type.Array(Feature, { minItems: 1, maxItems: MAX_FEATURES }),
    ttl_seconds: Type.Optional(TtlSeconds),
  },
  {
    examples: [
      {
        join_keys: [{ name: "airport", type: "string" }],
        features: [
          { name: "flights", type: "int64" },
          { name: "mean_delay", type: "float64" },
        ],
        ttl_seconds: 86_400,
      },
    ],
  },
);

const VIEW_MEMBERS = {
  name: Type.String(),
  join_keys: Type.Array(JoinKey),
  features: Type.Array(Feature),
  ttl_seconds: Type.Union([Type.Integer(), Type.Null()]),
  created_at: Type.String({ format: "date-time" }),
  updated_at: Type.String({ format: "date-time" }),
};

export const ViewAnswer = Type.Object(VIEW_MEMBERS, { description: "The feature view" });

export const PutViewAnswer = Type.Object(
  {
    ...VIEW_MEMBERS,
    kept_features: Type.Array(Type.String(), {
      description: "Features of the view that the request left out; features are never removed",
    }),
  },
  { description: "The feature view as it is now" },
);

export const ViewPage = Type.Object(
  { items: Type.Array(ViewAnswer), next_cursor: Type.Union([Type.String(), Type.Null()]) },
  { description: "Feature views by name" },
);
