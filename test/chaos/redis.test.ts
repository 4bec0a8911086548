import { readStack } from "@sluice/testing";
import { expect, test } from "vitest";
import { until } from "../integration/until.ts";
import { startLoad } from "./load.ts";
import { lookUp } from "./look-up.ts";

test("Redis killed: every look-up is answered as if nothing had happened", async () => {
  const { pid } = readStack().redis;
  const load = startLoad(16, lookUp);
  await until("the load runs", () => load.outcomes.length > 200, 30_000);
  process.kill(pid, "SIGKILL");
  await until("Redis has a new process", () => readStack().redis.pid !== pid, 30_000);
  const answered = load.outcomes.length;
  await until("look-ups go on", () => load.outcomes.length > answered + 200, 30_000);
  await load.stop();
  expect(load.outcomes.filter(({ status }) => status !== 200)).toEqual([]);
});
