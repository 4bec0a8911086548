import { expect, test } from "vitest";
import { createLogger, OutageLog } from "./index.ts";

test("an outage is logged when it begins and when it ends, and not between", () => {
  const lines: { level: string; msg: string }[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const log = new OutageLog(createLogger({ service: "demo", destination }), "nobody is served");
  log.succeeded();
  log.failed(new Error("first"));
  log.failed(new Error("second"));
  log.succeeded();
  log.succeeded();
  log.failed(new Error("third"));
  expect(lines.map(({ level, msg }) => `${level} ${msg}`)).toEqual([
    "warn nobody is served",
    "info over: nobody is served",
    "warn nobody is served",
  ]);
});
