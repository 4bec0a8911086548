import { announceRevocation, createKey, listKeys, revokeKey, rotateKey } from "@sluice/auth";
import { type App, IdempotencyHeaders, PageQuery } from "@sluice/http";
import { Type } from "typebox";
import { answerOnce } from "../idempotency/answer-once.ts";
import type { Ops } from "../ops.ts";
import { storeFor } from "../tenants/admin-store.ts";
import { requireGoverned } from "../tenants/governed-tenant.ts";
import { TenantParams } from "../tenants/schemas.ts";
import { CreatedKeyAnswer, CreateKeyBody, KeyPage, KeyParams, RotateKeyBody } from "./schemas.ts";

const PATH = "/v1/tenants/:tenant/keys";

/** Creates, lists, rotates and revokes a tenant's keys. */
export function keyRoutes(app: App, ops: Ops): void {
  app.route({
    method: "POST",
    url: PATH,
    config: { scope: "admin" },
    schema: {
      summary: "Create a key",
      description: "The answer shows the key this once; what is stored is a hash of its secret.",
      tags: ["Keys"],
      params: TenantParams,
      headers: IdempotencyHeaders,
      body: CreateKeyBody,
      response: { 201: CreatedKeyAnswer },
    },
    handler: async (request, reply) => {
      const { principal, params, body } = request;
      await requireGoverned(ops, principal, params.tenant);
      const { project = null, expires_at, ...rest } = body;
      const wanted = { ...params, ...rest, project, expiresAt: expires_at };
      const created = await answerOnce(ops.admin, request, (tx) =>
        createKey(storeFor(tx, principal), wanted),
      );
      return reply.code(201).send(created);
    },
  });

  app.route({
    method: "GET",
    url: PATH,
    config: { scope: "admin" },
    schema: {
      summary: "List a tenant's keys",
      description: "Those that have ended too, in order of id, a page at a time.",
      tags: ["Keys"],
      params: TenantParams,
      querystring: PageQuery,
      response: { 200: KeyPage },
    },
    handler: async ({ principal, params, query }) => {
      await requireGoverned(ops, principal, params.tenant);
      return listKeys(ops.admin, { ...params, ...query });
    },
  });

  app.route({
    method: "POST",
    url: `${PATH}/:id/rotate`,
    config: { scope: "admin" },
    schema: {
      summary: "Replace a key by one with the same rights",
      description: "Under a new id; the old one is valid for the grace, which by default is none.",
      tags: ["Keys"],
      params: KeyParams,
      headers: IdempotencyHeaders,
      body: RotateKeyBody,
      response: { 201: CreatedKeyAnswer },
    },
    handler: async (request, reply) => {
      const { principal, params, body } = request;
      await requireGoverned(ops, principal, params.tenant);
      const old = { ...params, graceSeconds: body.grace_seconds };
      const created = await answerOnce(ops.admin, request, (tx) =>
        rotateKey(storeFor(tx, principal), old),
      );
      // After the commit: who hears of it reads the key anew.
      await announceRevocation(ops.redis, params.id);
      return reply.code(201).send(created);
    },
  });

  app.route({
    method: "DELETE",
    url: `${PATH}/:id`,
    config: { scope: "admin" },
    schema: {
      summary: "Revoke a key",
      description: "For good, and everywhere within a second (ten when Redis is away).",
      tags: ["Keys"],
      params: KeyParams,
      response: { 204: Type.Null({ description: "Revoked" }) },
    },
    handler: async ({ principal, params }, reply) => {
      await requireGoverned(ops, principal, params.tenant);
      await revokeKey(storeFor(ops.admin, principal), params);
      await announceRevocation(ops.redis, params.id);
      return reply.code(204).send(null);
    },
  });
}
