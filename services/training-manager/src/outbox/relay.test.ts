import { randomUUID } from "node:crypto";
import type { Task } from "@sluice/queue";
import { openScratchDatabase, type ScratchDatabase } from "@sluice/testing";
import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Queryable } from "../transitions/queries.ts";
import type { OutboxKinds } from "./outbox-queue.ts";
import { listDue, markRelayed } from "./queries.ts";
import { relayDue } from "./relay.ts";

let scratch: ScratchDatabase;
let superuser: postgres.Sql;

beforeAll(async () => {
  scratch = await openScratchDatabase("training");
  superuser = postgres(scratch.superuserUrl, { max: 2 });
}, 60_000);

afterAll(async () => {
  await superuser.end();
  await scratch.stop();
});

beforeEach(() => superuser`truncate training.outbox`);

/** A row; times are seconds from now, null = never. */
async function row({
  project = 1,
  due = 0,
  relayed = null,
  failed = null,
}: {
  project?: number;
  due?: number;
  relayed?: number | null;
  failed?: number | null;
}): Promise<string> {
  const id = randomUUID();
  await superuser`
    insert into training.outbox (project_id, outbox_id, kind, job_id, due_at, relayed_at, failed_at, payload)
    values (${project}, ${id}, 'retry', gen_random_uuid(), now() + make_interval(secs => ${due}),
      now() + make_interval(secs => ${relayed}), now() + make_interval(secs => ${failed}), '{"attempt": 1}')`;
  return id;
}

const LONG_AGO = 0;

test("rows that are due within a minute and not known to be in the queue are relayed, the longest due first", async () => {
  const soon = await row({ due: 50 });
  const now = await row({ project: 2, due: -1 });
  const lost = await row({ due: -5, relayed: -31 });
  await row({ due: 70 });
  await row({ due: -5, relayed: -20 });
  await row({ due: -5, failed: -1 });
  const rows = await listDue(scratch.db, LONG_AGO, 10);
  expect(rows.map(({ outbox_id }) => outbox_id)).toEqual([lost, now, soon]);
  expect(rows.map(({ delay_ms }) => delay_ms > 0)).toEqual([false, false, true]);
  expect(rows[2]!.delay_ms).toBeGreaterThan(0);
  expect(rows[2]!.delay_ms).toBeLessThanOrEqual(50_000);
  expect(await listDue(scratch.db, LONG_AGO, 1)).toHaveLength(1);
});

test("what Redis was given before it lost its memory is relayed again at once", async () => {
  const before = await row({ relayed: -20 });
  await row({ relayed: -1 });
  const rows = await listDue(scratch.db, Date.now() - 10_000, 10);
  expect(rows.map(({ outbox_id }) => outbox_id)).toEqual([before]);
});

test("a round adds each row under its own id and then notes it; what could not be added is not noted", async () => {
  const ids = [await row({}), await row({ project: 2 })];
  const added: Task<OutboxKinds>[] = [];
  const queue = {
    rememberedSince: async () => LONG_AGO,
    add: async (tasks: readonly Task<OutboxKinds>[]) => void added.push(...tasks),
  };
  const broken = { ...queue, add: () => Promise.reject(new Error("Redis is away")) };
  await expect(relayDue({ db: scratch.db, queue: broken })).rejects.toThrow("Redis is away");
  expect(await relayDue({ db: scratch.db, queue })).toBe(2);
  expect(await relayDue({ db: scratch.db, queue })).toBe(0);
  expect(added.map(({ id, data }) => [id, data.outboxId, data.projectId])).toEqual([
    [ids[0], ids[0], "1"],
    [ids[1], ids[1], "2"],
  ]);
});

test("a row that somebody holds is passed by, and its project's others are noted", async () => {
  const [held, free] = [await row({}), await row({})];
  await superuser.begin(async (holder) => {
    await holder`select from training.outbox where outbox_id = ${held} for update`;
    await markRelayed(scratch.db, "1", [held, free]);
  });
  const rows = await listDue(scratch.db, LONG_AGO, 10);
  expect(rows.map(({ outbox_id }) => outbox_id)).toEqual([held]);
});

test("with thirty thousand rows that wait or are dead, what is due comes from the index", async () => {
  await superuser`
    insert into training.outbox (project_id, kind, job_id, due_at, failed_at, payload)
    select n % 50, 'retry', gen_random_uuid(), now() + make_interval(secs => 3600 + n),
      case n % 2 when 0 then now() end, '{"attempt": 1}'
    from generate_series(1, 30000) as n`;
  await superuser`vacuum analyze training.outbox`;
  await row({});
  const plans: unknown[] = [];
  const explaining: Queryable = {
    run: async (_operation, query) => {
      const { sql, parameters } = query.compile(scratch.db.builder);
      plans.push(...(await superuser.unsafe(`explain ${sql}`, parameters as string[])));
      return [];
    },
  };
  await listDue(explaining, LONG_AGO, 1_000);
  expect(JSON.stringify(plans)).toContain("Index Scan using outbox_due_idx");
  expect(await listDue(scratch.db, LONG_AGO, 1_000)).toHaveLength(1);
}, 60_000);
