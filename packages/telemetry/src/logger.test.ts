import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { createLogger, runInContext } from "./index.ts";

const SECRET = "q7Zt-Yw_3mN0pRsTuVxA1bC2dE3fG4hI";

function capture(): { lines: string[]; logger: ReturnType<typeof createLogger> } {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { lines, logger: createLogger({ service: "demo", level: "trace", destination }) };
}

test("a line says level, time and service, and the request it belongs to", () => {
  const { lines, logger } = capture();
  runInContext({ requestId: "r1" }, () => logger.info({ rows: 3 }, "done"));
  logger.info("outside");
  const [inside, outside] = lines.map((line) => JSON.parse(line));
  expect(inside).toMatchObject({ level: "info", service: "demo", request_id: "r1", rows: 3 });
  expect(inside.time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(outside).not.toHaveProperty("request_id");
});

test.each<[string, object]>([
  ["an authorization header", { headers: { authorization: `Bearer ${SECRET}` } }],
  ["Basic credentials in a text", { text: `sent Authorization: Basic ${SECRET}` }],
  ["a key inside a text", { text: `key sluice_ab12cd_${SECRET} was used` }],
  ["a key deep inside a value", { a: [{ b: `x sluice_ab12cd_${SECRET}` }] }],
  ["a database URL", { url: `postgres://sluice_feature:${SECRET}@127.0.0.1:7111/sluice_feature` }],
  ["a URL whose password has an @", { url: `redis://u:x@${SECRET}@host/0` }],
  ["a URL without a user", { url: `redis://:${SECRET}@host/0` }],
  ["a password", { role: { name: "x", password: SECRET } }],
  ["an escaped password", { password: `\\"${SECRET}` }],
  ["a secret list", { client_secret: ["]", SECRET] }],
  ["a secret object", { secret: { "}": SECRET } }],
  ["a fencing token", { token: SECRET }],
  ["a key", { key: SECRET }],
  ["an x-api-key header", { "x-api-key": SECRET }],
  ["an error", { err: new Error(`connect postgres://u:${SECRET}@h/d`) }],
  ["an error's cause", { err: new Error("no", { cause: new Error(`Bearer ${SECRET}`) }) }],
])("%s does not reach the log", (_what, value) => {
  const { lines, logger } = capture();
  logger.info(value, `key sluice_ab12cd_${SECRET}`);
  logger.child(value).warn("child");
  for (const line of lines) {
    expect(line).not.toContain(SECRET);
    expect(line).toContain("[redacted]");
    expect(() => JSON.parse(line)).not.toThrow();
  }
  expect(lines).toHaveLength(2);
});

test("what only looks similar stays", () => {
  const { lines, logger } = capture();
  const harmless = { role: "sluice_feature", url: "http://127.0.0.1:7101/v1/a@b", key_id: "ab12" };
  logger.info(harmless, "key ab12 revoked");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ ...harmless, msg: "key ab12 revoked" });
});

test("a fatal line is out before the process exits", () => {
  const program = `
    import { createLogger } from ${JSON.stringify(new URL("./index.ts", import.meta.url))};
    createLogger({ service: "demo" }).fatal("last words");
    process.kill(process.pid, "SIGKILL");`;
  const run = () =>
    execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  expect(run).toThrow(expect.objectContaining({ stdout: expect.stringContaining("last words") }));
});

test("the lines before an exit are not lost", () => {
  const program = `
    import { createLogger } from ${JSON.stringify(new URL("./index.ts", import.meta.url))};
    const logger = createLogger({ service: "demo" });
    for (let i = 0; i < 1000; i++) logger.warn("line");
    process.exit(0);`;
  const args = ["--input-type=module", "-e", program];
  const output = execFileSync(process.execPath, args, { encoding: "utf8" });
  expect(output.trimEnd().split("\n")).toHaveLength(1000);
});

test("each line is out soon, while the process goes on", async () => {
  const program = `
    import { createLogger } from ${JSON.stringify(new URL("./index.ts", import.meta.url))};
    const logger = createLogger({ service: "demo" });
    process.stdin.on("data", (text) => logger.warn(String(text)));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program]);
  for (const line of ["first", "second"]) {
    child.stdin.write(line);
    const [text] = (await once(child.stdout, "data")) as [Buffer];
    expect(String(text)).toContain(line);
  }
  child.stdin.end();
  await once(child, "exit");
});
