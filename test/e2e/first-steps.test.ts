import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT, shell } from "./stack-command.ts";

test("npm start prints three curl lines, and they answer", async () => {
  const { code, stdout } = await shell("npm start -- --detach");
  expect(code).toBe(0);
  const lines = stdout.split("\n").filter((line) => line.startsWith("curl "));
  expect(lines).toHaveLength(3);
  const answers = await Promise.all(lines.map((line) => shell(line)));
  const [airport, route, batch] = answers.map((answer) => JSON.parse(answer.stdout) as unknown);
  expect(airport).toMatchObject({ entity: { airport: "JFK" }, status: "PRESENT" });
  expect(route).toMatchObject({ entity: { origin: "JFK", destination: "LAX" }, status: "PRESENT" });
  expect(batch).toMatchObject({
    results: expect.toSatisfy((columns: object[]) => columns.length === 7) as unknown,
  });
});

/** Commands of the README that other tests run, or that a test cannot run inside itself, with the reason. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "npm start": "runs until Ctrl-C; the next one is the same in the background",
  "npm start -- --detach": "above",
  "npm stop": "ends the stack of every run",
  "npm test": "this is it",
  "npm run check": "the first step of npm test",
  "npm run -s sluice -- doctor": "doctor.test.ts, on a stack that no other test has touched",
  "npm run bench -- --quick gate batches": "bench.test.ts",
  "npm run soak -- --minutes 10": "bench.test.ts, for some seconds",
  "npm run chaos": "chaos.test.ts, its short form",
};

test("every command of the README works", async () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block!);
  const commands = blocks.flatMap((block) =>
    block
      .trim()
      .split("\n")
      .map((line) => line.split(/\s+#/)[0]!.trim()),
  );
  expect(commands.length).toBeGreaterThan(5);
  for (const command of commands.filter((each) => !(each in ELSEWHERE))) {
    expect({ command, ...(await shell(command)) }).toMatchObject({ command, code: 0 });
  }
});
