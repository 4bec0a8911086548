import { randomBytes } from "node:crypto";
import { readStack } from "@sluice/testing";
import { expect } from "vitest";

/** JSON of an answer: each test knows what it asked for. */
// oxlint-disable-next-line typescript/no-explicit-any -- a type for every answer would say the schemas again
export type Json = any;

/** An answer of ops; the body is null when it has none. */
export interface OpsAnswer {
  readonly status: number;
  readonly body: Json;
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
export async function expectOps(status: number, ...request: Parameters<typeof ops>): Promise<Json> {
  const answer = await ops(...request);
  expect(answer.status, JSON.stringify(answer.body)).toBe(status);
  return answer.body;
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
  const { key, id } = await expectOps(201, "POST", `/v1/tenants/${tenant}/keys`, body);
  return { tenant, key, id };
}
