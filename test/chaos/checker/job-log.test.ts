import { expect, test } from "vitest";
import { faultsOfLog, type LogRow } from "./job-log.ts";

/** A log from `attempt from>to reason` lines. */
const logOf = (...steps: readonly string[]): LogRow[] =>
  steps.map((step, index) => {
    const [attempt, change, reason] = step.split(" ");
    const [from = "", to = ""] = change!.split(">");
    return {
      job_id: "j",
      sequence: index + 1,
      attempt: Number(attempt),
      from_status: from === "" ? null : from,
      to_status: to,
      reason: reason!,
    };
  });

const LOG = logOf(
  "0 >pending created",
  "1 pending>running claimed",
  "1 running>retrying lost",
  "1 retrying>pending retry_due",
  "2 pending>running claimed",
  "2 running>succeeded succeeded",
);

test("a whole log has no faults", () => {
  expect(faultsOfLog(LOG)).toEqual([]);
});

test.each<[string, LogRow[], string[]]>([
  [
    "a row is missing",
    LOG.toSpliced(2, 1),
    [
      "sequence 4 after 2",
      "retrying pending retry_due after running",
      "sequence 5 after 3",
      "sequence 6 after 4",
    ],
  ],
  [
    "a report is there twice",
    [...LOG, { ...LOG.at(-1)!, sequence: 7 }],
    ["running succeeded succeeded after succeeded"],
  ],
  [
    "a job ended before anybody had it",
    logOf("0 >pending created", "0 pending>succeeded succeeded"),
    ["pending succeeded succeeded is no legal transition"],
  ],
  [
    "a retry is not counted",
    [...LOG.slice(0, 4), ...LOG.slice(4).map((row) => ({ ...row, attempt: 1 }))],
    [
      "pending running claimed of attempt 1, not 2",
      "running succeeded succeeded of attempt 1, not 2",
    ],
  ],
])("%s", (_what, rows, faults) => {
  expect(faultsOfLog(rows)).toEqual(faults);
});
