import { parseArgs } from "node:util";
import startStack from "@sluice/testing/stack";
import { conditionsOf } from "../report/conditions.ts";
import { renderMarkdown } from "../report/render-markdown.ts";
import { writeReport } from "../report/write-report.ts";
import { brokenIn, chaosReport } from "./chaos-report.ts";
import { FAULTS, type Fault } from "./faults/table.ts";
import type { Finding } from "./finding.ts";
import { type Round, runRound } from "./round.ts";

const USAGE = `npm run chaos [-- --rounds N] [--only name,…]
  --rounds N    how often each fault strikes; 4 unless given, which is ${FAULTS.length * 4} faults
  --only name   these faults alone: ${FAULTS.map(({ name }) => name).join(", ")}
Strikes a stack under mixed load, checks every acknowledged write, and writes a report. Ends with 1 when a promise was
broken; no time decides anything. Runs against a stack of its own, or the one whose stack.json SLUICE_STACK names.
`;

const SPAN = { beforeMs: 3_000, afterMs: 3_000, recoveryMs: 30_000 };

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "4" },
    only: { type: "string", default: "" },
    help: { type: "boolean", default: false },
  },
});

/** @returns whether every promise was kept */
async function chaos(rounds: number, faults: readonly Fault[]): Promise<boolean> {
  const stop = await startStack();
  try {
    const found: Round[] = [];
    for (let round = 1; round <= rounds; round += 1)
      found.push(await runRound(faults, round, { span: SPAN, tell }));
    const conditions = await conditionsOf({ rounds, faults: rounds * faults.length });
    const report = chaosReport(found, conditions);
    const folder = await writeReport("chaos", report);
    process.stdout.write(`\n${renderMarkdown(report)}\n${folder}/report.html\n`);
    return brokenIn(found).length === 0;
  } finally {
    await stop();
  }
}

function tell({ round, fault, firstMs, recoveredMs, failed, requests, broken }: Finding): void {
  const times = `first success after ${Math.round(firstMs)} ms, 95 % after ${Math.round(recoveredMs)} ms`;
  const line = `${round} ${fault}: ${times}, ${failed} of ${requests} failed`;
  process.stdout.write(`${[line, ...broken].join("\n    BROKEN ")}\n`);
}

const rounds = Number(values.rounds);
const names = values.only === "" ? [] : values.only.split(",");
const unknown = names.filter((name) => !FAULTS.some((fault) => fault.name === name));
if (values.help) process.stdout.write(USAGE);
else if (unknown.length > 0 || !Number.isInteger(rounds) || rounds < 1) {
  const wrong =
    unknown.length > 0
      ? `There is no fault ${unknown.join(", ")}.`
      : "--rounds takes a whole number above 0.";
  process.stderr.write(`${wrong}\n${USAGE}`);
  process.exitCode = 2;
} else {
  const chosen = FAULTS.filter(({ name }) => names.length === 0 || names.includes(name));
  process.exitCode = (await chaos(rounds, chosen)) ? 0 : 1;
}
