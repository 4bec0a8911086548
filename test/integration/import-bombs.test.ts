import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ImportProject, importProject } from "./import-project.ts";
import { type ServiceInstance, startDataLoader } from "./service-instance.ts";
import { BOMBS } from "./upload-bombs.ts";

/** What a bomb may take while it is refused. */
const MOST = 256 * 1024 * 1024;

let project: ImportProject;
let instance: ServiceInstance;

beforeAll(async () => {
  [project, instance] = await Promise.all([importProject(), startDataLoader()]);
}, 60_000);

afterAll(() => instance[Symbol.asyncDispose]());

/** Bytes of memory that the instance has, and the most since the last reset. */
async function memory(): Promise<{ readonly now: number; readonly most: number }> {
  const status = await readFile(`/proc/${instance.pid}/status`, "utf8");
  const of = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]) * 1_024;
  return { now: of("VmRSS"), most: of("VmHWM") };
}

test.each(BOMBS)("$type with $encoding: $name", async ({ type, encoding, code, make }) => {
  const path = await project.draft();
  const body = make();
  expect(body.length).toBeLessThan(512 * 1024);
  await writeFile(`/proc/${instance.pid}/clear_refs`, "5");
  const before = await memory();
  const answer = await project.upload(path, body, { type, encoding, origin: instance.url });
  const { most } = await memory();
  expect(answer.json().code, answer.text).toBe(code);
  expect([413, 422]).toContain(answer.status);
  expect(answer.text).not.toContain("INTERNAL");
  expect(most - before.now).toBeLessThan(MOST);
  expect((await project.send("GET", `${path}/parts`)).json().items).toEqual([]);
});
