import { createLogger, createRegistry } from "@sluice/telemetry";
import { freePort, readStack } from "@sluice/testing";
import { type Hint, Hints } from "@sluice/training-manager/hints";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { until } from "./until.ts";

const logger = createLogger({ service: "test", level: "silent" });

const HINT: Hint = {
  tenantId: "1",
  projectId: "2",
  jobId: "0193a1b2-0000-7000-8000-000000000000",
  queue: "default",
  from: null,
  to: "pending",
  sequence: 1,
};

function openHints(redisUrl?: string) {
  const registry = createRegistry("test");
  const redis = redisUrl === undefined ? undefined : new Redis(redisUrl, { lazyConnect: true });
  const hints = new Hints({ redis, logger, registry });
  onTestFinished(() => hints.close());
  const heard: Hint[] = [];
  const state = { gaps: 0 };
  hints.listen({ onHint: (hint) => void heard.push(hint), onGap: () => void state.gaps++ });
  const metric = async (name: string) =>
    (await registry.getSingleMetric(name)!.get()).values[0]!.value;
  const isHearing = async () => (await metric("job_hints_heard")) === 1;
  return { hints, heard, state, metric, isHearing };
}

/** Jobs of other tests are changed at the same time. */
const ofJob = (heard: readonly Hint[], jobId: string) =>
  heard.filter((hint) => hint.jobId === jobId);

test("a hint is heard at once where it was given, and once by every other instance", async () => {
  const instances = [1, 2, 3].map(() => openHints(readStack().redis.url));
  for (const { isHearing } of instances) await until("it listens", isHearing);
  const hint = { ...HINT, jobId: crypto.randomUUID() };
  const [giver, ...others] = instances as [(typeof instances)[0], ...typeof instances];
  giver.hints.give(hint);
  expect(ofJob(giver.heard, hint.jobId)).toEqual([hint]);
  const last = { ...hint, sequence: 2 };
  giver.hints.give(last);
  for (const { heard } of others) {
    await until("both came", () => ofJob(heard, hint.jobId).length >= 2);
    expect(ofJob(heard, hint.jobId)).toEqual([hint, last]);
  }
  expect(ofJob(giver.heard, hint.jobId)).toEqual([hint, last]);
});

test("whoever begins to listen is told that it may have missed something", async () => {
  const { state, isHearing } = openHints(readStack().redis.url);
  await until("it listens", isHearing);
  expect(state.gaps).toBe(1);
});

test.each(["", "nonsense", "{}", '{"origin":"x","hint":{"jobId":1}}'])(
  "a message that no instance wrote has everybody look: %j",
  async (message) => {
    const { heard, state, isHearing } = openHints(readStack().redis.url);
    await until("it listens", isHearing);
    const publisher = new Redis(readStack().redis.url);
    onTestFinished(() => publisher.disconnect());
    await publisher.publish("sluice:jobs:1", message);
    await until("it looks", () => state.gaps === 2);
    expect(ofJob(heard, HINT.jobId)).toEqual([]);
  },
);

test("without Redis hints are heard in the process, and others are known to miss them", async () => {
  const { hints, heard, metric, isHearing } = openHints(`redis://127.0.0.1:${await freePort()}`);
  hints.give(HINT);
  expect(heard).toEqual([HINT]);
  await until("it is counted", async () => (await metric("job_hints_unpublished_total")) === 1);
  expect(await isHearing()).toBe(false);
});

test("an instance that is told of no Redis hears itself alone", async () => {
  const { hints, heard, isHearing } = openHints();
  hints.give(HINT);
  expect(heard).toEqual([HINT]);
  expect(await isHearing()).toBe(false);
});
