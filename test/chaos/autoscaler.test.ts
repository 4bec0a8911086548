import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ScalingEventsPage } from "@sluice/ops/scaling-events/schemas";
import { readStack } from "@sluice/testing";
import type { Static } from "typebox";
import { afterEach, expect, test } from "vitest";
import { AliasLoad } from "../integration/alias-load.ts";
import { openSuperuser } from "../integration/open-database.ts";
import { until } from "../integration/until.ts";
import { ops, readOps } from "../integration/ops-api.ts";

const ALIAS = "sluice_training";

type Event = Static<typeof ScalingEventsPage>["items"][number];

const events = async (): Promise<Event[]> =>
  (await readOps(ScalingEventsPage, `/v1/ops/scaling-events?alias=${ALIAS}`)).items;

afterEach(() => ops("PUT", "/v1/ops/autoscaler", { mode: "on" }));

test("the stack's own autoscaler grows a pool that clients wait for, and refuses while it is frozen", async () => {
  const [last] = await events();
  const frozen = await ops("PUT", "/v1/ops/autoscaler", { mode: "frozen" });
  expect(frozen.body).toMatchObject({
    mode: "frozen",
    mode_set_by: expect.stringMatching(/^key:/),
  });
  const url = readStack().pgbouncer.urls["training"]!;
  await using _ = new AliasLoad(url, 20, "select pg_sleep(0.1)");
  const since = async (): Promise<Event[]> =>
    (await events()).filter(({ id }) => BigInt(id) > BigInt(last?.id ?? 0));
  await until(
    "it refuses",
    async () => (await since()).some(({ reason }) => reason === "frozen"),
    60_000,
  );
  expect((await since()).map(({ action }) => action)).toEqual(["refuse"]);
  await ops("PUT", "/v1/ops/autoscaler", { mode: "on" });
  await until(
    "it grows",
    async () => (await since()).some(({ outcome }) => outcome === "applied"),
    60_000,
  );
  const grown = (await since()).find(({ action }) => action === "grow");
  expect(grown).toMatchObject({
    reason: "waiting",
    outcome: "applied",
    size_asked: grown!.size_before + 1,
  });
});

test("a mode that does not exist is refused, and one key more than it may is, too", async () => {
  expect((await ops("PUT", "/v1/ops/autoscaler", { mode: "off" })).status).toBe(422);
  const { services, keys } = readStack();
  const response = await fetch(`${services["ops"]!.url}/v1/ops/autoscaler`, {
    headers: { authorization: `Bearer ${keys.demo}` },
  });
  expect(response.status).toBe(403);
});

test("scale --once records a decision for each alias, and changes nothing while ops is in charge", async () => {
  await using superuser = openSuperuser();
  const [before] = await superuser`select coalesce(max(event_id), 0) as id from ops.scaling_events`;
  const outcome = await scaleOnce();
  expect(outcome.decisions.length).toBeGreaterThan(0);
  const rows = await superuser`
    select alias, outcome from ops.scaling_events
    where event_id > ${before!["id"]} and actor like 'cli:%' order by alias`;
  for (const { outcome } of rows) expect(["none", "refused"]).toContain(outcome);
  expect(rows.map(({ alias }) => alias as string)).toEqual(
    outcome.decisions.map(({ alias }) => alias).toSorted(),
  );
});

test("scale --once without --once, or with a window that tells nothing, is used wrongly", async () => {
  expect((await runScale()).code).toBe(2);
  expect((await runScale("--once", "--window", "1")).code).toBe(2);
});

async function scaleOnce(): Promise<{
  code: number;
  decisions: { alias: string; reason: string }[];
}> {
  const { code, stdout } = await runScale("--once", "--window", "2", "--json");
  return { code, ...(JSON.parse(stdout) as { decisions: { alias: string; reason: string }[] }) };
}

async function runScale(...options: string[]): Promise<{ code: number; stdout: string }> {
  const { pgbouncer } = readStack();
  const env = {
    ...process.env,
    SLUICE_MONITOR_URL: pgbouncer.urls["monitor"]!,
    SLUICE_PGBOUNCER_ADMIN_URLS: pgbouncer.admin_url,
    SLUICE_PGBOUNCER_DATABASES_FILES: pgbouncer.databases_file,
  };
  const args = ["services/ops/src/cli/main.ts", "scale", ...options];
  return promisify(execFile)(process.execPath, args, { env }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => ({ code: error.code, stdout: error.stdout }),
  );
}
