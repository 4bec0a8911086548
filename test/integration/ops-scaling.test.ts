import { randomBytes } from "node:crypto";
import { ConfigChangePage } from "@sluice/ops/config-changes/schemas";
import { ScalingEventsPage } from "@sluice/ops/scaling-events/schemas";
import type { Static } from "typebox";
import { expect, test } from "vitest";
import { openSuperuser } from "./open-database.ts";
import { ops, readOps } from "./ops-api.ts";

test("the autoscaler runs in the stack, and says who leads", async () => {
  const { status, body } = await ops("GET", "/v1/ops/autoscaler");
  expect([status, body]).toEqual([
    200,
    expect.objectContaining({ mode: "on", leader: expect.stringMatching(/^system:ops\//) }),
  ]);
});

test("events come the newest first, a page at a time, of one alias", async () => {
  const alias = `test_${randomBytes(4).toString("hex")}`;
  await using superuser = openSuperuser();
  await superuser`
    insert into ops.scaling_events (alias, action, reason, outcome, size_before, size_asked, detail, actor, term)
    select ${alias}, 'hold', 'steady', 'none', n, n, '', 'test', 1 from generate_series(1, 5) as n order by n`;
  const sizes: number[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query = new URLSearchParams({ alias, limit: "2", ...(cursor ? { cursor } : {}) });
    const page: Static<typeof ScalingEventsPage> = await readOps(
      ScalingEventsPage,
      `/v1/ops/scaling-events?${query.toString()}`,
    );
    for (const event of page.items) sizes.push(event.size_before);
    cursor = page.next_cursor;
  }
  expect(sizes).toEqual([5, 4, 3, 2, 1]);
  const foreign = await ops("GET", "/v1/ops/scaling-events?alias=other&cursor=made-up");
  expect(foreign).toMatchObject({ status: 422, body: { code: "VALIDATION_FAILED" } });
});

const WHY = { reason: "a test", expected_effect: "none" };
const GATE = { service: "feature-api", pool: "feature" };

test.each([
  ["a service that does not exist", { target: { ...GATE, service: "x" }, settings: { base: 1 } }],
  [
    "a gate that the service has not",
    { target: { ...GATE, pool: "import" }, settings: { base: 1 } },
  ],
  ["a figure of something else", { target: GATE, settings: { pool_size: 1 } }],
  ["no figure", { target: GATE, settings: {} }],
  ["a pool of nothing", { target: { alias: "sluice_feature" }, settings: { pool_size: 0 } }],
  ["no reason", { target: GATE, settings: { base: 1 }, reason: "" }],
])("a change of %s is refused, and not recorded", async (_what, change) => {
  const latest = async () =>
    (await readOps(ConfigChangePage, "/v1/ops/config-changes?limit=1")).items[0]?.id;
  const before = await latest();
  const refused = await ops("POST", "/v1/ops/config-changes", { ...WHY, ...change });
  expect(refused).toMatchObject({ status: 422, body: { code: "VALIDATION_FAILED" } });
  expect(await latest()).toBe(before);
});

test("a change beyond the budget is refused, and says by how much", async () => {
  const change = { ...WHY, target: { alias: "sluice_feature" }, settings: { pool_size: 500 } };
  expect(await ops("POST", "/v1/ops/config-changes", change)).toMatchObject({
    status: 422,
    body: { code: "OVER_BUDGET", side: "server" },
  });
});

test("a change that nobody asked for is not found", async () => {
  expect(await ops("GET", "/v1/ops/config-changes/999999999")).toMatchObject({
    status: 404,
    body: { code: "CONFIG_CHANGE_NOT_FOUND" },
  });
});
