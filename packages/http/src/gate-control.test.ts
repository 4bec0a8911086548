import { createLogger, createRegistry } from "@sluice/telemetry";
import { expect, onTestFinished, test } from "vitest";
import { listenInternally } from "./index.ts";

const TOKEN = "a-token-of-the-tests";
const DEFAULTS = { base: 3, overflow: 7, maxWaiters: 100, acquireTimeoutMs: 10_000 };

async function listening(token: string | undefined) {
  let limits = DEFAULTS;
  const gate = {
    pool: "feature",
    limits: () => limits,
    adjust: (change: Partial<typeof limits>) => void (limits = { ...limits, ...change }),
  };
  const listener = await listenInternally({
    registry: createRegistry("test"),
    ready: async () => undefined,
    internalPort: 0,
    logger: createLogger({ service: "test", level: "silent" }),
    control: { gates: [gate], token },
  });
  onTestFinished(() => listener.close());
  const put = async (path: string, body: string, bearer = TOKEN) => {
    const response = await fetch(`${listener.internalUrl}${path}`, {
      method: "PUT",
      headers: { authorization: `Bearer ${bearer}` },
      body,
    });
    return { status: response.status, body: await response.json() };
  };
  const read = async () => (await fetch(`${listener.internalUrl}/gates`)).json();
  return { put, read, limits: () => limits };
}

test("gates are shown as workloads.yaml names their settings", async () => {
  const { read } = await listening(TOKEN);
  expect(await read()).toEqual({
    feature: { base: 3, overflow: 7, max_waiters: 100, acquire_timeout_ms: 10_000 },
  });
});

test("who knows the token changes what it names, and nothing else", async () => {
  const { put, limits } = await listening(TOKEN);
  const { status, body } = await put("/gates/feature", '{"overflow":0,"acquire_timeout_ms":50}');
  expect([status, body]).toEqual([
    200,
    { base: 3, overflow: 0, max_waiters: 100, acquire_timeout_ms: 50 },
  ]);
  expect(limits()).toEqual({ ...DEFAULTS, overflow: 0, acquireTimeoutMs: 50 });
});

test.each([
  ["another token", "/gates/feature", "{}", "a-token-of-others", 401],
  ["a gate that is not here", "/gates/import", "{}", TOKEN, 404],
  ["no slot at all", "/gates/feature", '{"base":0}', TOKEN, 422],
  ["a setting that does not exist", "/gates/feature", '{"size":3}', TOKEN, 422],
  ["a text that is no JSON", "/gates/feature", "{", TOKEN, 422],
  ["a body that does not end", "/gates/feature", "x".repeat(10_000), TOKEN, 422],
] as const)("%s is refused", async (_what, path, body, bearer, status) => {
  const { put, limits } = await listening(TOKEN);
  expect((await put(path, body, bearer)).status).toBe(status);
  expect(limits()).toEqual(DEFAULTS);
});

test("without a token nobody changes anything", async () => {
  const { put, limits } = await listening(undefined);
  expect((await put("/gates/feature", '{"base":1}', "undefined")).status).toBe(401);
  expect(limits()).toEqual(DEFAULTS);
});
