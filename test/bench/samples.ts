import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { findSamples } from "@sluice/data-loader/look-up";
import { readStack, vacuumSamples } from "@sluice/testing";
import { type DataProject, dataProject } from "../integration/data-project.ts";
import {
  openSuperuser,
  openTestDatabase,
  type TestDatabase,
} from "../integration/open-database.ts";
import { interleave } from "./interleaved.ts";
import { median, percentile, renderTable } from "./table.ts";

const ROWS = 300_000;
const SEGMENTS = 10;
const BATCH = 1_000;
const PAGE = 100;
const COLUMNS = ["sample_id", "feature_hash", "label", "created_at"] as const;

/** Samples by id in one call against one by one; the statement against psql; the first page against the last. */
export async function benchSamples(rounds: number): Promise<string> {
  const project = await dataProject();
  await project.makeVersion({
    version: 1,
    prefix: "a",
    segments: Array.from({ length: SEGMENTS }, () => ROWS / SEGMENTS),
  });
  await using superuser = openSuperuser();
  await vacuumSamples(superuser);
  await using db = await openTestDatabase("sample");
  return [
    await batchAgainstSingles(db, project, rounds),
    await overHttp(project, rounds),
    await againstPsql(db, project, rounds),
    await firstAgainstLastPage(project, rounds),
  ].join("\n");
}

const idOf = (ordinal: number): string => `a${String(ordinal).padStart(9, "0")}`;

/** Other ids each time, spread over the version. */
const batch = (number: number): string[] =>
  Array.from({ length: BATCH }, (_, index) => idOf(((number * BATCH + index) * 7_919) % ROWS));

function find(db: TestDatabase, { datasetId }: DataProject, keys: readonly string[]) {
  const address = { datasetId, version: 1 };
  return findSamples(db, address, "sample_id", { keys, columns: COLUMNS, maxRows: 100_001 });
}

async function batchAgainstSingles(
  db: TestDatabase,
  project: DataProject,
  rounds: number,
): Promise<string> {
  const singles = async (number: number): Promise<void> => {
    for (const id of batch(number)) await find(db, project, [id]);
  };
  const measured = await interleave(
    [
      { name: "1,000 statements of one id", run: singles },
      { name: "one statement of 1,000 ids", run: (number) => find(db, project, batch(number)) },
    ],
    { rounds, iterations: 3, clients: 1 },
  );
  return renderTable(`${BATCH} samples by id among ${ROWS} over one gate`, measured);
}

async function overHttp(project: DataProject, rounds: number): Promise<string> {
  const lookUp = async (ids: readonly string[]): Promise<void> => {
    const body = { version: 1, sample_ids: ids };
    const { status, text: answer } = await project.send(
      "POST",
      `${project.dataset}/samples:lookup`,
      body,
    );
    if (status !== 200) throw new Error(answer);
  };
  const singles = async (number: number): Promise<void> => {
    for (const id of batch(number)) await lookUp([id]);
  };
  const measured = await interleave(
    [
      { name: "1,000 calls of one id", run: singles },
      { name: "one call of 1,000 ids", run: (number) => lookUp(batch(number)) },
    ],
    { rounds: Math.ceil(rounds / 2), iterations: 1, clients: 1 },
  );
  return renderTable(`${BATCH} samples by id over HTTP, one client`, measured);
}

const RUNS = 20;

/** In turns, each RUNS times: what the gate, the driver and Node add to what PostgreSQL takes. */
async function againstPsql(
  db: TestDatabase,
  project: DataProject,
  rounds: number,
): Promise<string> {
  const own: number[] = [];
  const psql: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const batches = Array.from({ length: RUNS }, (_, index) => batch(round * RUNS + index));
    const times: number[] = [];
    for (const keys of batches) {
      const start = performance.now();
      await find(db, project, keys);
      times.push(performance.now() - start);
    }
    const statements = await Promise.all(batches.map((keys) => statementOf(db, project, keys)));
    const inPsql = await timePsql(statements);
    if (round > 0) {
      own.push(...times);
      psql.push(...inPsql);
    }
  }
  const line = (name: string, values: readonly number[]): string =>
    `| ${name} | ${median(values).toFixed(2)} | ${percentile(values, 0.99).toFixed(2)} | ${(median(values) / median(psql)).toFixed(2)} | ${values.length} |`;
  return [
    `## The statement of ${BATCH} ids through the same alias`,
    "",
    "| | p50 ms | p99 ms | ratio | samples |",
    "| --- | --- | --- | --- | --- |",
    line("psql", psql),
    line("gate, driver, Kysely", own),
    "",
  ].join("\n");
}

/** The statement with its parameters written into it, which psql cannot bind. */
async function statementOf(
  db: TestDatabase,
  project: DataProject,
  keys: readonly string[],
): Promise<string> {
  let statement = "";
  const recording = {
    run: async (_operation: string, query: Parameters<TestDatabase["run"]>[1]) => {
      const { sql, parameters } = query.compile(db.builder);
      const literals = parameters.map((value) =>
        Array.isArray(value) ? `{${value.join()}}` : String(value),
      );
      statement = sql.replaceAll(/\$(\d+)/g, (_, number) => `'${literals[Number(number) - 1]}'`);
      return [];
    },
  } as unknown as TestDatabase;
  await find(recording, project, keys);
  return statement;
}

async function timePsql(statements: readonly string[]): Promise<number[]> {
  const url = readStack().pgbouncer.urls["sample"]!;
  const psql = spawn(
    "psql",
    [url, "-X", "-q", "-A", "-t", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1"],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  psql.stdin.end(`\\timing on\n${statements.map((statement) => `${statement};\n`).join("")}`);
  const printed = await text(psql.stdout);
  return [...printed.matchAll(/([\d.]+) ms/g)].map(([, milliseconds]) => Number(milliseconds));
}

async function firstAgainstLastPage(project: DataProject, rounds: number): Promise<string> {
  const path = `${project.dataset}/versions/1/samples?limit=${PAGE}`;
  const read = async (cursor: string): Promise<string | null> => {
    const { status, text: answer, json } = await project.send("GET", `${path}${cursor}`);
    if (status !== 200) throw new Error(answer);
    return json().next_cursor;
  };
  let last = "";
  for (let next = await read(""); next !== null; next = await read(last)) last = `&cursor=${next}`;
  const measured = await interleave(
    [
      { name: "page 1", run: () => read("") },
      { name: `page ${ROWS / PAGE}`, run: () => read(last) },
    ],
    { rounds: 5 * rounds, iterations: 20, clients: 1 },
  );
  return renderTable(`Pages of ${PAGE} of ${ROWS} samples, one client`, measured);
}
