import { RESOURCE_NAME } from "@sluice/http";
import { Type } from "typebox";
import { nullable } from "../nullable.ts";

export const TenantName = Type.String({ pattern: RESOURCE_NAME, examples: ["acme"] });

export const TenantParams = Type.Object({ tenant: TenantName });

export const CreateTenantBody = Type.Object({ name: TenantName }, { examples: [{ name: "acme" }] });

export const TenantAnswer = Type.Object(
  { name: Type.String(), created_at: Type.String({ format: "date-time" }) },
  { description: "The tenant" },
);

export const TenantPage = Type.Object(
  { items: Type.Array(TenantAnswer), next_cursor: nullable(Type.String()) },
  { description: "Tenants by name" },
);
