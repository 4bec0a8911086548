import { PageQuery, RESOURCE_NAME } from "@sluice/http";
import { Type } from "typebox";
import { nullable } from "../nullable.ts";

export const AuditQuery = Type.Object({
  ...PageQuery.properties,
  tenant: Type.Optional(
    Type.String({ pattern: RESOURCE_NAME, description: "Only what concerns this tenant" }),
  ),
});

const AuditEntry = Type.Object({
  id: Type.String(),
  at: Type.String({ format: "date-time" }),
  actor: Type.String({ description: "key:<id>, cli:<user> or system:<part>" }),
  action: Type.String({ description: "tenant.create, key.revoke, …" }),
  tenant: nullable(Type.String()),
  target: Type.String({ description: "A name, or the id of a key" }),
  details: Type.Record(Type.String(), Type.Unknown()),
  request_id: nullable(Type.String()),
});

export const AuditPage = Type.Object(
  { items: Type.Array(AuditEntry), next_cursor: nullable(Type.String()) },
  { description: "What administrators did, the newest first" },
);
