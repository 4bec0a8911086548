import { ReportAnswer, ReportPage } from "@sluice/ops/maintenance/schemas";
import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { TaskQueue, TaskWorker } from "@sluice/queue";
import { createLogger } from "@sluice/telemetry";
import { readStack } from "@sluice/testing";
import { expect, test } from "vitest";
import { openSuperuser } from "./open-database.ts";
import { ops, readOps } from "./ops-api.ts";
import { until } from "./until.ts";

const MAIN = fileURLToPath(new URL("../../services/ops/src/cli/main.ts", import.meta.url));
const PATH = "/v1/ops/maintenance-reports";

/** `sluice maintenance --json`. */
async function makeReport(): Promise<{ report_id: string; since: string | null }> {
  const env = { ...process.env, SLUICE_HOME: dirname(process.env["SLUICE_STACK"]!) };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [MAIN, "maintenance", "--json"], { env }, (error, stdout, stderr) =>
      error === null ? resolve(JSON.parse(stdout)) : reject(new Error(stderr)),
    );
  });
}

test("a report names new slow statements, unused and duplicate indexes, and bloat, and compares with the one before", async () => {
  await using superuser = openSuperuser();
  const table = `maintained_${process.pid}`;
  await superuser.unsafe(`
    create table public.${table} as select n, repeat('x', 400) as filler from generate_series(1, 40000) n;
    create index ${table}_unused_idx on public.${table} (filler, n);
    create index ${table}_first_idx on public.${table} (n);
    create index ${table}_second_idx on public.${table} (n);
    alter table public.${table} set (autovacuum_enabled = off);
    delete from public.${table} where n % 2 = 0;
    analyze public.${table}`);
  try {
    const first = await makeReport();
    // Slow since the first report, and so often that nothing else of the week pushes it off the list.
    await superuser.unsafe(`select pg_sleep(0.5), '${table}' as planted`);
    const second = await makeReport();
    expect(second.since).not.toBeNull();
    const { report, markdown, compared_with } = await readOps(
      ReportAnswer,
      `${PATH}/${second.report_id}`,
    );
    expect(Number(compared_with)).toBeLessThanOrEqual(Number(first.report_id));
    const names = (rows: { statement: string }[]) => rows.map(({ statement }) => statement);
    expect(names(report.statements.new_slow)).toContainEqual(expect.stringContaining("planted"));
    expect(report.unused_indexes).toContainEqual(
      expect.objectContaining({ index: `public.${table}_unused_idx` }),
    );
    expect(report.duplicate_indexes).toContainEqual({
      table: `public.${table}`,
      indexes: [`public.${table}_first_idx`, `public.${table}_second_idx`],
    });
    expect(report.bloated_tables).toContainEqual(
      expect.objectContaining({ table: `public.${table}`, dead_ratio: expect.any(Number) }),
    );
    expect(markdown).toContain(`${table}_second_idx`);
  } finally {
    await superuser.unsafe(`drop table public.${table}`);
  }
});

test("reports are listed, the newest first, a page at a time", async () => {
  const made = [await makeReport(), await makeReport()].map(({ report_id }) => report_id);
  const first = await readOps(ReportPage, `${PATH}?limit=1`);
  const second = await readOps(ReportPage, `${PATH}?limit=1&cursor=${first.next_cursor}`);
  expect(Number(first.items[0]!.report_id)).toBeGreaterThanOrEqual(Number(made[1]));
  expect(Number(second.items[0]!.report_id)).toBeLessThan(Number(first.items[0]!.report_id));
});

test("a report that is not there is 404, a bad id 422, and who may not look 403", async () => {
  expect((await ops("GET", `${PATH}/999999999`)).status).toBe(404);
  expect((await ops("GET", `${PATH}/x`)).status).toBe(422);
  expect((await ops("GET", PATH, undefined, { key: readStack().keys.demo })).status).toBe(403);
});

test("a schedule that is asked for twice adds each task once", async () => {
  const name = `scheduled-${process.pid}`;
  const common = {
    redisUrl: readStack().redis.url,
    logger: createLogger({ service: "test", level: "silent" }),
    name,
  };
  const done: string[] = [];
  type Kinds = { readonly tick: { readonly n: number } };
  const queue = new TaskQueue<Kinds>({ ...common, kinds: ["tick"], tries: 1, backoffMs: 10 });
  const handle = async ({ id }: { id: string }): Promise<void> => void done.push(id);
  const worker = new TaskWorker<Kinds>({
    ...common,
    handlers: { tick: { concurrency: 2, handle, giveUp: async () => {} } },
  });
  try {
    // Every second: six fields.
    const schedule = { id: "each", cron: "* * * * * *", data: { n: 1 } };
    await queue.schedule("tick", schedule);
    await queue.schedule("tick", schedule);
    await until("three ticks", () => done.length >= 3);
    expect(new Set(done).size).toBe(done.length);
  } finally {
    await queue.close();
    await worker.stop();
  }
});
