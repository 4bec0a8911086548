import { readStack } from "@sluice/testing";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { type ImportProject, importProject } from "../integration/import-project.ts";
import { openSuperuser } from "../integration/open-database.ts";
import { until } from "../integration/until.ts";

const VERSIONS = 6;
const ROWS = 12_000;

async function flushRedis(): Promise<void> {
  const redis = new Redis(readStack().redis.url);
  await redis.flushall();
  redis.disconnect();
}

async function killRedis(): Promise<void> {
  const { pid } = readStack().redis;
  process.kill(pid, "SIGKILL");
  await until("Redis has a new process", () => readStack().redis.pid !== pid);
}

async function killService(): Promise<void> {
  const pidNow = (): number => readStack().services["data-loader"]!.pid;
  const pid = pidNow();
  process.kill(pid, "SIGKILL");
  await until("data-loader has a new process", () => pidNow() !== pid, 60_000);
}

/** Sends until it is answered: the service may be starting. */
async function send(own: ImportProject, method: string, path: string, body?: object) {
  let answer: Awaited<ReturnType<ImportProject["send"]>> | undefined;
  await until(`${method} ${path}`, async () => {
    answer = await own.send(method, path, body).catch(() => undefined);
    return answer !== undefined && answer.status < 500;
  });
  return answer!;
}

const lines = (prefix: string): string =>
  Array.from(
    { length: ROWS },
    (_, row) => `${JSON.stringify({ sample_id: `${prefix}${row}`, label: `l${row % 4}` })}\n`,
  ).join("");

async function stored(own: ImportProject): Promise<unknown> {
  await using superuser = openSuperuser();
  const [row] = await superuser`
    select (select count(*) from data.sample_metadata where dataset_id = d.dataset_id)::int as rows,
      (select count(*) from data.operations where dataset_id = d.dataset_id and ended_at is null)::int as open
    from data.datasets as d join auth.projects using (project_id) where projects.name = ${own.project}`;
  return row;
}

test.each([
  ["Redis forgets everything", [flushRedis, flushRedis]],
  ["Redis is killed", [killRedis, killRedis]],
  ["the service is killed", [killService]],
  ["all of it", [killService, flushRedis, killRedis]],
])("%s: every selection and purge that was begun is done, once", async (_name, strikes) => {
  const own = await importProject();
  const paths: string[] = [];
  for (let version = 0; version < VERSIONS; version += 1) {
    const path = await own.draft();
    expect((await own.upload(path, lines(`v${version}-`))).status).toBe(200);
    // 202: it goes on; asked again, it tells when it is sealed.
    const isSealed = async () => (await own.send("POST", `${path}/seal`)).status === 200;
    await until(`${path} is sealed`, isSealed);
    paths.push(path);
  }
  const [kept, ...doomed] = paths;
  const selecting = ["l0", "l1", "l2"].map((label) =>
    send(own, "POST", `${kept}/select`, { labels: [label] }),
  );
  const deleting = doomed.map((path) => send(own, "DELETE", path));
  for (const strike of strikes) await strike();
  const answers = await Promise.all([...selecting, ...deleting]);
  for (const { status, text } of answers) expect([200, 202], text).toContain(status);
  await until(
    "all is done",
    async () => JSON.stringify(await stored(own)) === JSON.stringify({ rows: ROWS, open: 0 }),
    150_000,
  );
  const list = await own.send("GET", `/datasets/${own.dataset}/versions`);
  const { items } = JSON.parse(list.text) as { items: { state: string; samples: number }[] };
  const living = items.filter(({ state }) => state !== "deleted");
  expect(living.map(({ state, samples }) => [state, samples])).toEqual([
    ["sealed", ROWS],
    ...[1, 2, 3].map(() => ["sealed", ROWS / 4]),
  ]);
});
