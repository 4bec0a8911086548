import { RESOURCE_NAME } from "@sluice/http";
import { Type } from "typebox";

export const ProjectParams = Type.Object({ project: Type.String() });

export const DatasetParams = Type.Object({
  project: Type.String(),
  dataset: Type.String({ pattern: RESOURCE_NAME }),
});

export const PutDatasetBody = Type.Object(
  {
    description: Type.Optional(
      Type.String({ maxLength: 1_000, pattern: "^[^\\u0000\\uD800-\\uDFFF]*$" }),
    ),
  },
  { examples: [{ description: "Flights inside the USA, January to June 2001" }] },
);

export const DatasetAnswer = Type.Object(
  {
    name: Type.String(),
    description: Type.Union([Type.String(), Type.Null()]),
    versions: Type.Integer({ description: "How many versions were ever begun" }),
    latest_version: Type.Union([Type.Integer(), Type.Null()], {
      description: "The newest sealed version",
    }),
    created_at: Type.String({ format: "date-time" }),
    updated_at: Type.String({ format: "date-time" }),
  },
  { description: "The dataset" },
);

export const DatasetPage = Type.Object(
  { items: Type.Array(DatasetAnswer), next_cursor: Type.Union([Type.String(), Type.Null()]) },
  { description: "Datasets by name" },
);
