import { execFile } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { run } from "@sluice/ops/cli";
import { PgbouncerConsole } from "@sluice/pgbouncer";
import { type LocalStack, type Stack, readStack, startLocalStack } from "@sluice/testing";
import { Redis } from "ioredis";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../integration/until.ts";

const MAIN = fileURLToPath(new URL("../../services/ops/src/cli/main.ts", import.meta.url));
const WORKLOADS = fileURLToPath(new URL("../../infra/workloads.yaml", import.meta.url));

interface Finding {
  readonly code: string;
  readonly what: string;
  readonly why: string;
  readonly todo: string;
}

interface Diagnosis {
  readonly code: number;
  readonly findings: readonly Finding[];
  readonly unchecked: readonly unknown[];
}

/** `sluice doctor`, without the seconds that it takes to start a process. */
async function doctor(
  environment: NodeJS.ProcessEnv = {},
  options: string[] = [],
): Promise<Diagnosis> {
  const env = { ...process.env, SLUICE_HOME: local.home, ...environment };
  const { exitCode, stdout, stderr } = await run(["doctor", "--json", ...options], env);
  if (stderr !== "") throw new Error(stderr);
  return { code: exitCode, ...JSON.parse(stdout) };
}

/** Makes a hazard. @returns what undoes it, and what the doctor is run with */
type Plant = (tools: Tools) => Promise<{
  readonly undo: () => Promise<unknown>;
  readonly environment?: NodeJS.ProcessEnv;
  readonly options?: string[];
}>;

interface Tools {
  readonly superuser: Sql;
  readonly console: PgbouncerConsole;
}

let local: LocalStack;
let tools: Tools;

// A stack of its own: hazards planted in the common one would be other tests' failures, and theirs ours.
beforeAll(async () => {
  local = await startLocalStack({ demo: false });
  const { postgres: database, pgbouncer } = stack();
  tools = {
    superuser: postgres(database.url, { max: 1, onnotice: () => {} }),
    console: new PgbouncerConsole({ url: pgbouncer.admin_url }),
  };
}, 240_000);
afterAll(async () => {
  await tools.console.close();
  await tools.superuser.end();
  await local.stop();
});

function stack(): Stack {
  return readStack(local.file);
}

/** The file that pgbouncer.ini includes for its aliases. */
function databasesFile(): string {
  return stack().pgbouncer.databases_file;
}

/** Sets one of PgBouncer's settings in memory; RELOAD goes back to the file. */
const pooler =
  (key: string, value: string): Plant =>
  async ({ console }) => {
    await console.set(key, value);
    return { undo: () => console.reload() };
  };

/** Sets one of PostgreSQL's settings for all sessions. */
const server =
  (name: string, value: string): Plant =>
  async ({ superuser }) => {
    const apply = async (statement: string): Promise<void> => {
      await superuser.unsafe(statement);
      await superuser`select pg_reload_conf()`;
    };
    const settled = (set: boolean): Promise<void> =>
      until(`${name} is reloaded`, async () => {
        const [row] = await superuser<{ set: boolean }[]>`
          select coalesce(sourcefile like '%.auto.conf', false) as set from pg_settings where name = ${name}`;
        return row?.set === set;
      });
    await apply(`alter system set ${name} = ${value}`);
    await settled(true);
    return {
      undo: async () => {
        await apply(`alter system reset ${name}`);
        await settled(false);
      },
    };
  };

/** Runs one statement, and another to undo it. */
const statement =
  (plant: string, undo: string): Plant =>
  async ({ superuser }) => {
    await superuser.unsafe(plant);
    return { undo: () => superuser.unsafe(undo) };
  };

/** Changes a file, and back. */
async function edited(
  file: string,
  change: (text: string) => string,
): Promise<() => Promise<void>> {
  const before = await readFile(file, "utf8");
  await writeFile(file, change(before));
  return () => writeFile(file, before);
}

/** Runs a statement through the alias of the workload `sample`, as a client that knows no better. */
async function throughPooler(text: string): Promise<void> {
  const client = postgres(stack().pgbouncer.urls["sample"]!, {
    max: 1,
    prepare: false,
    fetch_types: false,
  });
  await client.unsafe(text).simple();
  await client.end();
}

/** An address of this machine that is not loopback. */
const outside = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .find(({ internal, family }) => !internal && family === "IPv4")?.address;

const HAZARDS: Readonly<Record<string, Plant>> = {
  POOL_MODE: pooler("pool_mode", "session"),
  STARTUP_PARAMETER_DROPPED: pooler(
    "ignore_startup_parameters",
    "extra_float_digits, statement_timeout",
  ),
  TIMEOUTS_NOT_NESTED: pooler("query_wait_timeout", "20"),
  POOLER_DRIFT: pooler("server_login_retry", "15"),
  SESSION_STATE: async ({ superuser, console }) => {
    await throughPooler("set statement_timeout = 0");
    return {
      undo: async () => {
        await superuser`select public.pg_stat_statements_reset()`;
        await console.reconnect("sluice_sample");
      },
    };
  },
  SESSION_LOCK: async ({ superuser, console }) => {
    await throughPooler("select pg_advisory_lock(4711)");
    // The lock is to be found where it is held, and not by the statement that took it.
    await superuser`select public.pg_stat_statements_reset()`;
    return {
      undo: async () => {
        await console.reconnect("sluice_sample");
        await until("its session has ended", async () => {
          const held =
            await superuser`select 1 from pg_locks where locktype = 'advisory' and objid = 4711`;
          return held.length === 0;
        });
      },
    };
  },
  STATEMENT_STATISTICS: statement(
    "drop extension pg_stat_statements",
    "create extension pg_stat_statements schema public",
  ),
  ROLE_SETTINGS: statement(
    "alter role sluice_feature reset statement_timeout",
    "alter role sluice_feature set statement_timeout = '5000ms'",
  ),
  BUDGET: async () => {
    const file = join(await mkdtemp(join(tmpdir(), "sluice-doctor-")), "workloads.yaml");
    const text = await readFile(WORKLOADS, "utf8");
    await writeFile(
      file,
      text.replaceAll("feature-api: { instances: 1,", "feature-api: { instances: 500,"),
    );
    return { undo: async () => {}, environment: { SLUICE_WORKLOADS_FILE: file } };
  },
  BUDGET_LIVE: async ({ console }) => {
    const restore = await edited(databasesFile(), (text) =>
      text.replace(
        "[databases]",
        "[databases]\nplanted = host=127.0.0.1 dbname=sluice pool_size=100",
      ),
    );
    await console.reload();
    return {
      undo: async () => {
        await restore();
        await console.reload();
      },
    };
  },
  DIRECT_CONNECTIONS: async () => {
    const url = new URL(stack().postgres.url);
    const role = new URL(stack().pgbouncer.urls["sample"]!);
    [url.username, url.password] = [role.username, role.password];
    const client = postgres(url.href, { max: 1, prepare: false });
    await client`select 1`;
    return { undo: () => client.end() };
  },
  // The reserve: a pool size would be put back by the autoscaler before anybody looks.
  ALIAS: async ({ console }) => {
    const restore = await edited(databasesFile(), (text) =>
      text.replace(/(?<=sluice_admin = .*reserve_pool(_size)?=)0/, "1"),
    );
    await console.reload();
    return {
      undo: async () => {
        await restore();
        await console.reload();
      },
    };
  },
  ALIAS_PAUSED: async ({ console }) => {
    await console.pause("sluice_import");
    return { undo: () => console.resume("sluice_import") };
  },
  POSTGRES_DRIFT: server("work_mem", "'9MB'"),
  RESTART_PENDING: async ({ superuser }) => {
    const change = async (statement: string, pending: boolean): Promise<void> => {
      await superuser.unsafe(statement);
      await superuser`select pg_reload_conf()`;
      await until("the file is read", async () => {
        const [row] = await superuser`
          select pending_restart from pg_settings where name = 'max_locks_per_transaction'`;
        return row?.["pending_restart"] === pending;
      });
    };
    await change("alter system set max_locks_per_transaction = 65", true);
    return {
      undo: async () => {
        // A line that is gone still waits for the restart: the value that runs has to be in the file once.
        await change("alter system set max_locks_per_transaction = 64", false);
        await change("alter system reset max_locks_per_transaction", false);
      },
    };
  },
  DURABILITY_OFF: server("synchronous_commit", "off"),
  MIGRATIONS: async ({ superuser }) => {
    const [row] = await superuser`
      delete from migrations.ledger where number = (select max(number) from migrations.ledger) returning *`;
    return { undo: () => superuser`insert into migrations.ledger ${superuser(row!)}` };
  },
  INDEX_INVALID: statement(
    "create table public.planted (id int); create index planted_idx on public.planted (id); " +
      "update pg_index set indisvalid = false where indexrelid = 'public.planted_idx'::regclass",
    "drop table public.planted",
  ),
  INDEX_MISSING: statement(
    "alter index data.segments_unfinished_idx rename to planted_idx",
    "alter index data.planted_idx rename to segments_unfinished_idx",
  ),
  INDEX_DUPLICATE: statement(
    "create index planted_idx on auth.projects (project_id)",
    "drop index auth.planted_idx",
  ),
  INDEX_UNUSED: async ({ superuser }) => {
    await superuser.unsafe(
      "create table public.planted as select n, repeat('x', 100) as filler from generate_series(1, 80000) n; " +
        "create index planted_idx on public.planted (filler, n)",
    );
    return {
      undo: () => superuser.unsafe("drop table public.planted"),
      options: ["--unused-after", "0s"],
    };
  },
  AUTOVACUUM_OFF: statement(
    "alter table training.outbox set (autovacuum_enabled = off)",
    "alter table training.outbox reset (autovacuum_enabled)",
  ),
  REPLICATION_SLOT: statement(
    "select pg_create_physical_replication_slot('planted', true)",
    "select pg_drop_replication_slot('planted')",
  ),
  ROLE_RIGHTS: statement(
    "alter role sluice_import createdb",
    "alter role sluice_import nocreatedb",
  ),
  PUBLIC_RIGHTS: statement(
    "grant create on schema public to public",
    "revoke create on schema public from public",
  ),
  PASSWORD_MD5: statement(
    "set password_encryption = 'md5'; create role planted login password 'planted'; reset password_encryption",
    "drop role planted",
  ),
  HBA_OPEN: async ({ superuser }) => {
    const [row] = await superuser`select current_setting('hba_file') as file`;
    const before = await readFile(row!["file"], "utf8");
    await appendFile(row!["file"], "host all all 10.0.0.0/8 trust\n");
    return { undo: () => writeFile(row!["file"], before) };
  },
  REDIS_EVICTION: async () => {
    const redis = new Redis(stack().redis.url);
    await redis.config("SET", "maxmemory-policy", "allkeys-lru");
    return {
      undo: async () => {
        await redis.config("SET", "maxmemory-policy", "noeviction");
        redis.disconnect();
      },
    };
  },
};

async function findings(environment?: NodeJS.ProcessEnv, options?: string[]): Promise<Finding[]> {
  const { code, findings: found, unchecked } = await doctor(environment, options);
  expect(unchecked).toEqual([]);
  expect(code).toBe(found.length > 0 ? 1 : 0);
  return [...found];
}

test("a healthy stack has no findings, and the program ends well", async () => {
  const env = { ...process.env, SLUICE_HOME: local.home };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN, "doctor"], { env });
  expect(stdout).toMatch(/^\d+ checks, 0 findings\n$/);
  expect(stderr).toBe("");
});

test.each(Object.entries(HAZARDS))("%s is found, and nothing else", async (code, plant) => {
  const { undo, environment, options } = await plant(tools);
  try {
    const found = await findings(environment, options);
    expect([...new Set(found.map((each) => each.code))], JSON.stringify(found)).toEqual([code]);
    for (const each of found)
      expect(each).toMatchObject({
        what: expect.stringMatching(/\w.*\.$/s),
        why: expect.stringMatching(/\w/),
        todo: expect.stringMatching(/\w/),
      });
  } finally {
    await undo();
  }
});

test.skipIf(outside === undefined)(
  "an internal listener that the network reaches is found",
  async () => {
    const internal = new URL(stack().services["feature-api"]!.internal_url);
    const listener = createServer((socket) => socket.destroy());
    listener.listen(Number(internal.port), outside);
    await once(listener, "listening");
    try {
      expect(await findings()).toMatchObject([{ code: "INTERNAL_LISTENER" }]);
    } finally {
      listener.close();
    }
  },
);

test("a service that does not answer is found", async () => {
  const { postgres: database, pgbouncer, redis } = stack();
  const environment = {
    SLUICE_DATABASE_URL: database.url,
    SLUICE_PGBOUNCER_ADMIN_URLS: pgbouncer.admin_url,
    SLUICE_REDIS_URL: redis.url,
    SLUICE_INTERNAL_URLS: "feature-api=http://127.0.0.1:1",
  };
  expect(await findings(environment)).toMatchObject([{ code: "SERVICE_NOT_READY" }]);
});

test("when all is undone, nothing is found again", async () => {
  expect(await findings()).toEqual([]);
});
