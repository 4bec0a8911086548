import { expect, test } from "vitest";
import { openSuperuser, openTestDatabase } from "../integration/open-database.ts";
import { ops } from "../integration/ops-api.ts";
import { look } from "../integration/ops-layers.ts";
import { trainingProject } from "../integration/training-project.ts";
import { until } from "../integration/until.ts";

const CALLERS = 40;

test("a storm: diagnostics answer beside full pools, and name workload, source and statement", async () => {
  const project = await trainingProject();
  await using superuser = openSuperuser();
  await using admin = await openTestDatabase("admin", { base: 3, overflow: 0 });
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const isHeld = Promise.withResolvers<number>();
  const holding = superuser.begin(async (tx) => {
    await tx`lock table training.training_jobs in access exclusive mode`;
    const [row] = await tx<{ pid: number }[]>`select pg_backend_pid() as pid`;
    isHeld.resolve(row!.pid);
    await over;
  });
  const root = await isHeld.promise;
  const calls = Array.from({ length: CALLERS }, () => project.send("GET", "/jobs"));
  // The administrators' pool is full too, so that it is seen that nothing here goes through it.
  const sleepers = Array.from({ length: 3 }, () =>
    admin.transaction("test.hold", async () => over),
  );
  try {
    await until("the callers' gate is full", async () => {
      const { items } = await look("gates");
      const [gate] = items.find(({ service }) => service === "training-manager")!.gates;
      return gate!.active === gate!.size && gate!.waiting > 0;
    });
    await until("the waiting statements are seen", async () =>
      (await look("locks")).items.some(
        (wait) => wait.root_pid === root && wait.application === "training-manager/training",
      ),
    );
    const { items } = await look("locks");
    const tree = items.filter((wait) => wait.root_pid === root);
    expect(tree[0]).toMatchObject({ pid: root, depth: 0, state: "idle in transaction" });
    const waiter = tree.find((wait) => wait.application === "training-manager/training");
    expect(waiter).toMatchObject({
      depth: 1,
      workload: "training",
      role: "sluice_training",
      client_address: "127.0.0.1",
      lock_type: "relation",
      statement: expect.stringContaining("training.training_jobs"),
    });
    const { clients } = await look("sources");
    const source = clients.find((each) => each.application === "training-manager/training");
    expect(source).toMatchObject({ workload: "training", alias: "sluice_training" });
    for (const layer of [
      "connections",
      "statements",
      "cache",
      "indexes",
      "tables",
      "pools",
      "budget",
    ])
      expect((await ops("GET", `/v1/ops/${layer}`)).status, layer).toBe(200);
  } finally {
    end();
    await Promise.all([holding, ...sleepers]);
  }
  const answers = await Promise.all(calls);
  expect(answers.filter(({ status }) => status >= 500 && status !== 503)).toEqual([]);
});
