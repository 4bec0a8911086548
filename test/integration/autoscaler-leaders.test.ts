import { readFile } from "node:fs/promises";
import type { Autoscaler } from "@sluice/ops/autoscaler/autoscaler";
import type { Decision } from "@sluice/ops/autoscaler/decision";
import { fileEffector } from "@sluice/ops/autoscaler/effector";
import { openIntent } from "@sluice/ops/autoscaler/queries";
import { readPoolSizes, writePoolSizes } from "@sluice/pgbouncer";
import { expect, test } from "vitest";
import { AliasLoad } from "./alias-load.ts";
import {
  ALIAS,
  autoscaler,
  database,
  events,
  ofAlias,
  pooler,
  poolSize,
  superuser,
  tickUntil,
  waits,
} from "./autoscaler-bed.ts";
import { until } from "./until.ts";

test.each([
  ["before it touched anything", { file: false, reload: false }, 4, "abandoned"],
  ["between the file and RELOAD", { file: true, reload: false }, 4, "abandoned"],
  ["after RELOAD", { file: true, reload: true }, 7, "applied"],
] as const)(
  "a leader that dies %s leaves a change that the next one settles",
  async (_when, died, size, outcome) => {
    const dead = autoscaler({ actor: "system:test/dead" });
    await dead.tick();
    const lease = { holder: "system:test/dead", term: await termNow() };
    const change = {
      alias: ALIAS,
      action: "grow",
      reason: "waiting",
      from: 4,
      to: 7,
      detail: "",
      seen: undefined,
    } as const;
    expect(await openIntent(database.db, lease, change, lease.holder)).toBeDefined();
    if (died.file) await writePoolSizes(pooler.databasesFile, { [ALIAS]: 7 }, lease.term);
    if (died.reload) await pooler.console.reload();
    await superuser`update ops.autoscaler set leader_until = now() - interval '1 s'`;
    await autoscaler({ actor: "system:test/heir" }).tick();
    expect(await events(outcome)).toMatchObject([{ size_asked: 7, actor: "system:test/dead" }]);
    await pooler.console.reload();
    expect(await poolSize()).toBe(size);
    await autoscaler({ actor: "system:test/heir" }).tick();
    expect(await poolSize()).toBe(size);
    expect(await events("intended")).toEqual([]);
  },
);

const termNow = async (): Promise<number> =>
  Number((await superuser`select term from ops.autoscaler`)[0]!["term"]);

test("of two instances one acts, and the other takes over when it is gone", async () => {
  await using _ = new AliasLoad(pooler.url(ALIAS), 30, "select pg_sleep(0.05)");
  await until("clients wait", waits);
  const [a, b] = ["a", "b"].map((name) => autoscaler({ actor: `system:test/${name}` })) as [
    Autoscaler,
    Autoscaler,
  ];
  await until("one of them acts", async () => {
    await Promise.all([a.tick(), b.tick()]);
    return (await events("applied")).length > 1;
  });
  const before = await events("applied");
  expect(new Set(before.map(({ actor }) => actor as string)).size).toBe(1);
  await superuser`update ops.autoscaler set leader_until = now() - interval '1 s'`;
  const [gone, heir] = before[0]!["actor"] === "system:test/a" ? [a, b] : [b, a];
  await heir.tick();
  expect(await gone.tick()).toBeUndefined();
  await tickUntil(heir, "grow");
  const terms =
    await superuser`select term, count(distinct actor)::int as actors from ops.scaling_events group by term`;
  expect(terms.length).toBe(2);
  for (const { actors } of terms) expect(actors).toBe(1);
});

test("who looks once while another one is in charge decides, and leaves it at that", async () => {
  await using _ = new AliasLoad(pooler.url(ALIAS), 30, "select pg_sleep(0.05)");
  await until("clients wait", waits);
  await autoscaler({ actor: "system:test/leader" }).tick();
  const once = autoscaler({ actor: "cli:test", everyRow: true });
  let decision: Decision | undefined;
  await until("it would grow", async () => {
    decision = ofAlias(await once.decideOnce());
    return decision?.action === "refuse";
  });
  expect(decision).toMatchObject({ reason: "not_leader", from: 4, to: 5 });
  expect(await poolSize()).toBe(4);
  expect((await events("refused")).at(-1)).toMatchObject({
    reason: "not_leader",
    actor: "cli:test",
  });
});

test("a leader whose lease was taken while it was about to write does not write", async () => {
  const taken = autoscaler({
    actor: "system:test/slow",
    processes: [
      {
        console: pooler.console,
        effector: {
          // Between its intention and its write another one becomes leader, and writes.
          async apply(alias, size, term) {
            await writePoolSizes(pooler.databasesFile, { [alias]: 3 }, term + 1);
            await fileEffector(pooler.databasesFile, pooler.console).apply(alias, size, term);
          },
        },
      },
    ],
  });
  await using _ = new AliasLoad(pooler.url(ALIAS), 30, "select pg_sleep(0.05)");
  await tickUntil(taken, "grow");
  expect(await events("abandoned")).toMatchObject([{ action: "grow", size_asked: 5 }]);
  expect(readPoolSizes(await readFile(pooler.databasesFile, "utf8"))[ALIAS]).toBe(3);
});
