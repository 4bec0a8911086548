import { readStack, vacuumSamples } from "@sluice/testing";
import { type DataProject, dataProject } from "../integration/data-project.ts";
import { openSuperuser } from "../integration/open-database.ts";
import { sampleStatements } from "../integration/sample-statements.ts";
import { HttpConnection } from "./http-connection.ts";
import { percentile, renderRows } from "./table.ts";

const ROWS = 3_000_000;
const SEGMENTS = 30;
const BATCH = 256;

/** The first batch of a reader that resumes on a connection of its own: near the beginning, in the middle, at the end. */
export async function benchResume(resumes: number): Promise<string> {
  const project = await dataProject();
  const segments = Array.from({ length: SEGMENTS }, () => ROWS / SEGMENTS);
  await project.makeVersion({ version: 1, prefix: "a", segments });
  await using superuser = openSuperuser();
  await vacuumSamples(superuser);
  const plan = await makePlan(project);
  const places: readonly (readonly [string, number])[] = [
    ["the first hundred steps", 0],
    ["the middle", Math.floor(plan.steps / 2)],
    ["the last hundred steps", plan.steps - 100],
  ];
  // The key, the plan and the layout are read once by an instance.
  await resume(project, plan.plan_id, 0);
  const times = places.map(() => [] as number[]);
  const { internal_url } = readStack().services["data-loader"]!;
  const before = await sampleStatements(internal_url);
  for (let round = 0; round < resumes; round += 1)
    for (const [index, [, first]] of places.entries())
      times[index]!.push(await resume(project, plan.plan_id, first + (round % 100)));
  const statements = (await sampleStatements(internal_url)) - before;
  const title = `The first ${BATCH} samples of a resume among ${ROWS.toLocaleString("en")}, full shuffle`;
  const head = ["", "p50 ms", "p99 ms", "requests each", "statements each", "resumes"];
  const each = (statements / (resumes * places.length)).toFixed(2);
  const rows = places.map(([name], index) => [
    name,
    percentile(times[index]!, 0.5).toFixed(1),
    percentile(times[index]!, 0.99).toFixed(1),
    "1",
    each,
    String(resumes),
  ]);
  return renderRows(title, head, rows);
}

interface Plan {
  readonly plan_id: string;
  readonly steps: number;
}

async function makePlan(project: DataProject): Promise<Plan> {
  const members = { dataset: "samples", version: 1, seed: 7, batch_size: BATCH };
  const { status, text } = await project.send("POST", "/plans", members);
  if (status !== 200) throw new Error(text);
  return JSON.parse(text) as Plan;
}

/** @returns milliseconds from the opening of the connection to the end of the answer */
async function resume({ project, key }: DataProject, plan: string, step: number): Promise<number> {
  const { url } = readStack().services["data-loader"]!;
  const target = `${url}/v1/projects/${project}/plans/${plan}/epochs/3/steps/${step}`;
  const start = performance.now();
  const connection = new HttpConnection(url);
  const headers = { authorization: `Bearer ${key}` };
  const status = await connection.send(HttpConnection.render("GET", target, headers, ""));
  const took = performance.now() - start;
  connection.close();
  if (status !== 200) throw new Error(`step ${step} answered ${status}`);
  return took;
}
