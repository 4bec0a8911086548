import { PROJECT_SCOPES, SCOPES } from "@sluice/auth";
import { RESOURCE_NAME } from "@sluice/http";
import { Type } from "typebox";
import { nullable } from "../nullable.ts";
import { TenantName } from "../tenants/schemas.ts";

const Time = Type.String({ format: "date-time" });

export const KeyParams = Type.Object({
  tenant: TenantName,
  id: Type.String({ pattern: "^[0-9A-Za-z]{1,64}$", examples: ["3fXhJ0aPq9Zt"] }),
});

export const CreateKeyBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200, description: "For people" }),
    project: Type.Optional(
      Type.Union([Type.String({ pattern: RESOURCE_NAME }), Type.Null()], {
        default: null,
        description: "The only project it acts in; null = all of the tenant's",
      }),
    ),
    scopes: Type.Array(Type.String(), {
      minItems: 1,
      maxItems: SCOPES.length,
      uniqueItems: true,
      description: `Of ${[...PROJECT_SCOPES, "admin"].join(", ")}`,
    }),
    expires_at: Type.Optional(
      Type.Union([Type.String(), Type.Null()], {
        default: null,
        description: "RFC 3339, in the future; null = never",
      }),
    ),
  },
  { examples: [{ name: "ci", project: null, scopes: ["features:read"] }] },
);

export const RotateKeyBody = Type.Object(
  {
    grace_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 315_360_000,
        default: 0,
        description: "How long the old key stays valid",
      }),
    ),
  },
  { examples: [{ grace_seconds: 0 }] },
);

const members = {
  id: Type.String(),
  name: Type.String(),
  tenant: nullable(Type.String()),
  project: nullable(Type.String()),
  scopes: Type.Array(Type.String()),
  created_at: Time,
  expires_at: nullable(Time),
  revoked_at: nullable(Time),
};

export const CreatedKeyAnswer = Type.Object(
  { ...members, key: Type.String({ description: "Shown this once" }) },
  { description: "The new key" },
);

const KeyAnswer = Type.Object(members, { description: "A key without its secret" });

export const KeyPage = Type.Object(
  { items: Type.Array(KeyAnswer), next_cursor: nullable(Type.String()) },
  { description: "The tenant's keys by id" },
);
