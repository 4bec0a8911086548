import { parseArgs } from "node:util";
import startStack from "@sluice/testing/stack";
import { openSuperuser } from "../integration/open-database.ts";
import { conditionsOf } from "../report/conditions.ts";
import { renderMarkdown } from "../report/render-markdown.ts";
import { writeReport } from "../report/write-report.ts";
import { heartbeats, lookUps, type ServiceLoad, steps } from "./flows.ts";
import { soakReport } from "./soak-report.ts";
import { runWindow, type Window } from "./window.ts";

const USAGE = `npm run soak [-- --minutes N] [heartbeats] [look-ups] [steps]
  --minutes N   how long; 60 unless given
Offers the loads that are named, else all of them, and writes a report: what was answered, and what crept upwards.
Runs against a stack of its own, or the one whose stack.json SLUICE_STACK names. No figure decides anything.
`;

const LOADS: Readonly<Record<string, () => Promise<ServiceLoad>>> = {
  heartbeats,
  "look-ups": lookUps,
  steps,
};
const WINDOW_SECONDS = 30;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: "string", default: "60" },
    help: { type: "boolean", default: false },
  },
});

async function soak(minutes: number, names: readonly string[]): Promise<void> {
  const stop = await startStack();
  try {
    await using superuser = openSuperuser();
    const loads: ServiceLoad[] = [];
    for (const name of names) loads.push(await LOADS[name]!());
    const seconds = Math.min(WINDOW_SECONDS, minutes * 15);
    const since = performance.now();
    const windows: Window[] = [];
    while (performance.now() - since < minutes * 60_000) {
      const window = await runWindow(loads, seconds, { superuser, since });
      windows.push(window);
      process.stdout.write(`${lineOf(window)}\n`);
    }
    const report = soakReport(windows, await conditionsOf({ minutes, loads: names.join(", ") }));
    const folder = await writeReport("soak", report);
    process.stdout.write(`\n${renderMarkdown(report)}\n${folder}/report.html\n`);
  } finally {
    await stop();
  }
}

function lineOf({ minute, flows }: Window): string {
  const parts = flows.map(
    ({ name, answered, refused, failed }) =>
      `${name} ${answered.count} in p99 ${answered.p99.toFixed(1)} ms, ${refused.count} refused, ${failed} failed`,
  );
  return `${minute.toFixed(1)} min: ${parts.join("; ")}`;
}

const minutes = Number(values.minutes);
const unknown = positionals.filter((name) => !(name in LOADS));
if (values.help) process.stdout.write(USAGE);
else if (unknown.length > 0 || !(minutes > 0)) {
  const wrong =
    unknown.length > 0
      ? `There is no load ${unknown.join(", ")}.`
      : "--minutes takes a number above 0.";
  process.stderr.write(`${wrong}\n${USAGE}`);
  process.exitCode = 2;
} else await soak(minutes, positionals.length > 0 ? positionals : Object.keys(LOADS));
