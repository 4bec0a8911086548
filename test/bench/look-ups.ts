import { fileURLToPath } from "node:url";
import { freePort, readStack } from "@sluice/testing";
import autocannon from "autocannon";
import { openSuperuser } from "../integration/open-database.ts";
import { startFastApi } from "./servers/fastapi.ts";
import { startServer } from "./servers/start-server.ts";
import { cpuSeconds } from "./process-cpu.ts";
import { median } from "./table.ts";

const CLIENTS = [1, 64, 1_000];

interface Target {
  readonly name: string;
  readonly requests: readonly { path: string; headers?: Record<string, string> }[];
  readonly url: string;
}

interface Window {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
  /** Microseconds of PostgreSQL's and PgBouncer's CPU a request. */
  readonly databaseCpu: number;
  readonly samples: number;
}

/** Single look-ups through the whole service, against a bare route that does one query each, in turns. */
export async function benchLookUps(rounds: number, seconds: number): Promise<string> {
  const port = await freePort();
  const uncoalescedPort = await freePort();
  const server = await startServer(process.execPath, fileOf("bare.ts"), port);
  const uncoalesced = await startServer(
    process.execPath,
    fileOf("uncoalesced.ts"),
    uncoalescedPort,
  );
  const fastApi = await startFastApi();
  try {
    const targets = await makeTargets(port, uncoalescedPort, fastApi?.url);
    const tables: string[] = [];
    for (const clients of CLIENTS) tables.push(await compare(targets, clients, rounds, seconds));
    return tables.join("\n");
  } finally {
    server.kill();
    uncoalesced.kill();
    fastApi?.stop();
  }
}

function fileOf(server: string): string {
  return fileURLToPath(new URL(`servers/${server}`, import.meta.url));
}

/** Every target is asked for the same entities in the same order. */
async function makeTargets(
  port: number,
  uncoalescedPort: number,
  fastApi: string | undefined,
): Promise<Target[]> {
  const { services, keys } = readStack();
  await using superuser = openSuperuser();
  const rows = await superuser<{ project_id: string; view_id: string; key: string }[]>`
    select v.project_id, v.view_id, v.entity_key as key
    from features.online_values v
    join features.feature_views f on f.view_id = v.view_id and f.project_id = v.project_id
    join auth.projects p on p.project_id = v.project_id
    where p.name = 'demo' and f.name = 'airport_delays' order by md5(v.entity_key)`;
  const airports = rows.map(({ key }) => (JSON.parse(key) as [string])[0]);
  const { project_id, view_id } = rows[0]!;
  const headers = { authorization: `Bearer ${keys.demo}` };
  const bare = `http://127.0.0.1:${port}`;
  const oneQuery = airports.map((airport) => ({
    path: `/look-up/${project_id}/${view_id}/${airport}`,
  }));
  const lookUps = airports.map((airport) => ({
    path: `/v1/projects/demo/features/airport_delays/${airport}`,
    headers,
  }));
  return [
    { name: "bare Fastify + pg Pool(10), one query a request", url: bare, requests: oneQuery },
    ...(fastApi === undefined
      ? []
      : [
          {
            name: "FastAPI + asyncpg pool of 10, one query a request",
            url: fastApi,
            requests: oneQuery,
          },
        ]),
    { name: "feature-api, everything on", url: services["feature-api"]!.url, requests: lookUps },
    {
      name: "the same without coalescing",
      url: `http://127.0.0.1:${uncoalescedPort}`,
      requests: lookUps,
    },
    {
      name: "bare Fastify + pg Pool(10), prepared, without PgBouncer",
      url: bare,
      requests: airports.map((airport) => ({
        path: `/prepared/${project_id}/${view_id}/${airport}`,
      })),
    },
    { name: "bare Fastify, a constant", url: bare, requests: [{ path: "/constant" }] },
  ];
}

async function compare(
  targets: readonly Target[],
  clients: number,
  rounds: number,
  seconds: number,
): Promise<string> {
  const windows = targets.map((): Window[] => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, target] of targets.entries()) {
      const window = await measure(target, clients, round === 0 ? 1 : seconds);
      if (round > 0) windows[index]!.push(window);
    }
  }
  return render(
    `Single look-ups, ${clients} clients, ${rounds} rounds of ${seconds} s`,
    targets,
    windows,
  );
}

async function measure(
  { url, requests }: Target,
  connections: number,
  duration: number,
): Promise<Window> {
  const { postgres, pgbouncer } = readStack();
  const database = (): number => cpuSeconds(postgres.pid) + cpuSeconds(pgbouncer.pid);
  const before = database();
  const result = await autocannon({ url, connections, duration, requests: [...requests] });
  const answered = result["2xx"] + result.non2xx;
  return {
    rate: answered / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    failed: result.non2xx + result.errors,
    databaseCpu: ((database() - before) / answered) * 1e6,
    samples: answered,
  };
}

function render(title: string, targets: readonly Target[], windows: readonly Window[][]): string {
  const rateOf = (index: number): number => median(windows[index]!.map(({ rate }) => rate));
  const base = rateOf(0);
  const rows = targets.map(({ name }, index) => {
    const own = windows[index]!;
    const middle = (pick: (window: Window) => number, digits = 0): string =>
      median(own.map(pick)).toFixed(digits);
    const rates = own.map(({ rate }) => Math.round(rate));
    const sum = (pick: (window: Window) => number): number =>
      own.reduce((total, each) => total + pick(each), 0);
    return `| ${name} | ${Math.round(rateOf(index))} (${Math.min(...rates)}–${Math.max(...rates)}) | ${(rateOf(index) / base).toFixed(2)} | ${middle(({ p50 }) => p50)} | ${middle(({ p99 }) => p99)} | ${middle(({ databaseCpu }) => databaseCpu, 1)} | ${sum(({ failed }) => failed)} | ${sum(({ samples }) => samples)} |`;
  });
  return [
    `## ${title}`,
    "",
    "| | requests/s (min–max) | ratio | p50 ms | p99 ms | database CPU µs/request | failed | samples |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
