import { revokeKey } from "@sluice/auth";
import { readStack, uniqueProject } from "@sluice/testing";
import { expect, onTestFinished, test } from "vitest";
import { openTestDatabase } from "../integration/open-database.ts";
import { until } from "../integration/until.ts";

/** What a revocation may take without Redis, and some time for a busy machine. */
const UNHEARD_MS = 10_000 + 3_000;

test.each(["SIGKILL", "SIGSTOP"] as const)(
  "Redis after %s: a revocation is in force within ten seconds, and other keys go on",
  async (signal) => {
    const [revoked, other] = [await keyOfItsOwn(), await keyOfItsOwn()];
    expect([await revoked.status(), await other.status()]).toEqual([200, 200]);
    const { pid } = readStack().redis;
    process.kill(pid, signal);
    if (signal === "SIGSTOP") onTestFinished(() => void process.kill(pid, "SIGCONT"));
    await using admin = await openTestDatabase("admin", { base: 1, overflow: 0 });
    // Nobody is told of it: it has to be found in the database.
    await revokeKey({ db: admin, actor: "system:test" }, { id: revoked.id });
    const others: number[] = [];
    await until(
      "the revoked key is refused",
      async () => {
        others.push(await other.status());
        return (await revoked.status()) === 401;
      },
      UNHEARD_MS,
    );
    expect(new Set(others)).toEqual(new Set([200]));
    await until("Redis answers again", () => signal === "SIGSTOP" || readStack().redis.pid !== pid);
  },
);

/** A key to a project of its own, with what the service answers to it. */
async function keyOfItsOwn(): Promise<{ id: string; status: () => Promise<number> }> {
  const { project, key } = await uniqueProject();
  const url = `${readStack().services["feature-api"]!.url}/v1/projects/${project}/feature-views`;
  const headers = { authorization: `Bearer ${key}` };
  const status = async (): Promise<number> => (await fetch(url, { headers })).status;
  return { id: key.split("_")[1]!, status };
}
