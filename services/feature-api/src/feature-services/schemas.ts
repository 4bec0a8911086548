import { RESOURCE_NAME } from "@sluice/http";
import { Type } from "typebox";
import { MAX_FEATURES } from "../views/definition.ts";
import { ProjectName } from "../views/schemas.ts";

export const ServiceParams = Type.Object({
  project: ProjectName,
  name: Type.String({ pattern: RESOURCE_NAME, examples: ["delays"] }),
});

const References = Type.Array(Type.String({ pattern: "^[^:]+:.+$", description: "view:feature" }), {
  minItems: 1,
  maxItems: MAX_FEATURES,
  uniqueItems: true,
});

export const PutServiceBody = Type.Object(
  { features: References },
  { examples: [{ features: ["airport_delays:flights", "airport_delays:mean_delay"] }] },
);

export const ServiceAnswer = Type.Object(
  {
    name: Type.String(),
    features: Type.Array(Type.String()),
    created_at: Type.String({ format: "date-time" }),
    updated_at: Type.String({ format: "date-time" }),
  },
  { description: "The feature service" },
);

export const ServicePage = Type.Object(
  { items: Type.Array(ServiceAnswer), next_cursor: Type.Union([Type.String(), Type.Null()]) },
  { description: "Feature services by name" },
);
