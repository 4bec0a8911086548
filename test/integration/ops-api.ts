import { randomBytes } from "node:crypto";
import { CreatedKeyAnswer } from "@sluice/ops/keys/schemas";
import { readStack } from "@sluice/testing";
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { expect } from "vitest";

/** An answer of ops; the body is null when it has none. */
export interface OpsAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface OpsRequest {
  /** @default the platform's */
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request to the stack's ops. A string is sent as it is. */
export async function ops(
  method: string,
  path: string,
  body?: unknown,
  { key = readStack().keys.platform, headers = {} }: OpsRequest = {},
): Promise<OpsAnswer> {
  const response = await fetch(`${readStack().services["ops"]!.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    body: body === undefined || typeof body === "string" ? (body ?? null) : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? null : JSON.parse(text) };
}

/** The body of an answer that must have this status. */
export async function expectOps(
  status: number,
  ...request: Parameters<typeof ops>
): Promise<unknown> {
  const answer = await ops(...request);
  expect(answer.status, JSON.stringify(answer.body)).toBe(status);
  return answer.body;
}

/** The answer's body, which must be as the service's own schema says. */
export function readAs<S extends TSchema>(schema: S, body: unknown): Static<S> {
  expect(Value.Errors(schema, body), JSON.stringify(body)).toEqual([]);
  return body as Static<S>;
}

/** What a GET that succeeds answers, by its schema. */
export async function readOps<S extends TSchema>(schema: S, path: string): Promise<Static<S>> {
  return readAs(schema, await expectOps(200, "GET", path));
}

/** A name that nobody else uses. */
export function uniqueName(): string {
  return `o-${randomBytes(6).toString("hex")}`;
}

/** Creates a tenant and a key of it that governs it. */
export async function tenantWithAdmin(): Promise<{ tenant: string; key: string; id: string }> {
  const tenant = uniqueName();
  await expectOps(201, "POST", "/v1/tenants", { name: tenant });
  const body = { name: "its administrator", scopes: ["admin"] };
  const answer = await expectOps(201, "POST", `/v1/tenants/${tenant}/keys`, body);
  const { key, id } = readAs(CreatedKeyAnswer, answer);
  return { tenant, key, id };
}
