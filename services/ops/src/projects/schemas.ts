import { RESOURCE_NAME } from "@sluice/http";
import { Type } from "typebox";
import { nullable } from "../nullable.ts";

export const CreateProjectBody = Type.Object(
  { name: Type.String({ pattern: RESOURCE_NAME, description: "Unique in the installation" }) },
  { examples: [{ name: "acme-search" }] },
);

export const ProjectAnswer = Type.Object(
  {
    name: Type.String(),
    tenant: Type.String(),
    created_at: Type.String({ format: "date-time" }),
  },
  { description: "The project" },
);

export const ProjectPage = Type.Object(
  { items: Type.Array(ProjectAnswer), next_cursor: nullable(Type.String()) },
  { description: "The tenant's projects by name" },
);
