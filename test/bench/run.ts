import { parseArgs } from "node:util";
import startStack from "@sluice/testing/stack";
import { conditionsOf } from "../report/conditions.ts";
import { renderMarkdown } from "../report/render-markdown.ts";
import type { Section } from "../report/report.ts";
import { writeReport } from "../report/write-report.ts";
import { benchBatches } from "./batches.ts";
import { benchDiagnostics } from "./diagnostics.ts";
import { benchEncodings } from "./encodings.ts";
import { benchGate } from "./gate.ts";
import { benchHeartbeats } from "./heartbeats.ts";
import { benchImport } from "./import.ts";
import { benchLoaders } from "./loaders.ts";
import { benchLookUps } from "./look-ups.ts";
import { benchOverload } from "./overload.ts";
import { replay } from "./replay/replay.ts";
import { benchResume } from "./resume.ts";
import { benchSamples } from "./samples.ts";
import { scaling } from "./scaling/scaling.ts";
import { benchShuffle } from "./shuffle.ts";
import { storm } from "./storm/storm.ts";

const USAGE = `npm run bench [-- --quick] [replay] [gate] [look-ups] [batches] [diagnostics] [encodings] [heartbeats]
                           [import] [loaders] [overload] [resume] [samples] [scaling] [shuffle] [storm]
  --quick   fewer and shorter rounds
  --huge    scaling: up to 100 million rows, which take some 40 GB
Without a name: replay, which has the figures of the design's first page. Prints a report and writes it, with plots, to
reports/bench/ of SLUICE_HOME. Runs against a stack of its own, or the one whose stack.json SLUICE_STACK names. No
figure decides anything.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    huge: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const QUICK_REPLAY = { rounds: 2, seconds: 5, jobs: [2, 30, 120], samples: 100_000 };
const REPLAY = { rounds: 5, seconds: 20, jobs: [2, 5, 15, 30, 60, 120], samples: 1_000_000 };

const QUICK_SCALING = {
  seconds: 2,
  clients: [1, 64, 1_000],
  views: [1, 5, 20],
  instances: [1, 2],
  rows: [10_000, 100_000],
};
const SCALING = {
  seconds: 5,
  clients: [1, 4, 16, 64, 256, 1_000, 4_000],
  views: [1, 2, 5, 10, 20],
  instances: [1, 2, 3, 4],
  rows: [1e5, 1e6, 1e7, ...(values.huge ? [1e8] : [])],
};

const BENCHES: Readonly<Record<string, (quick: boolean) => Promise<Section[]>>> = {
  replay: (quick) => replay(quick ? QUICK_REPLAY : REPLAY),
  gate: tables((quick) => benchGate(quick ? 3 : 9)),
  batches: tables((quick) => benchBatches(quick ? 2 : 30)),
  diagnostics: tables((quick) => benchDiagnostics(quick ? 2 : 6, quick ? 10 : 20)),
  heartbeats: tables((quick) => benchHeartbeats(quick ? 3 : 9, quick ? 1 : 10)),
  import: tables((quick) => benchImport(quick ? 50_000 : 200_000, quick ? 3 : 5)),
  loaders: tables((quick) => benchLoaders(quick ? 5 : 60)),
  overload: tables((quick) => benchOverload(quick ? 3 : 60)),
  "look-ups": tables((quick) => benchLookUps(quick ? 1 : 5, quick ? 1 : 5)),
  storm: () => storm(),
  scaling: (quick) => scaling(quick ? QUICK_SCALING : SCALING),
  shuffle: tables((quick) => benchShuffle(quick ? 3 : 9)),
  encodings: tables((quick) => benchEncodings(quick ? 3 : 10)),
  resume: tables((quick) => benchResume(quick ? 20 : 300)),
  samples: tables((quick) => benchSamples(quick ? 2 : 10)),
};

/** A bench whose answer is Markdown: headings of the second level, each with a table. */
function tables(run: (quick: boolean) => Promise<string>): (quick: boolean) => Promise<Section[]> {
  return async (quick) =>
    (await run(quick))
      .split(/^## /m)
      .filter((part) => part.trim() !== "")
      .map((part) => {
        const [heading = "", ...rest] = part.split("\n");
        return { heading, markdown: rest.join("\n").trim() };
      });
}

async function bench(names: readonly string[]): Promise<void> {
  const stop = await startStack();
  try {
    const options = { benches: names.join(", "), windows: values.quick ? "quick" : "full" };
    const conditions = await conditionsOf(options);
    const sections: Section[] = [];
    for (const name of names) sections.push(...(await BENCHES[name]!(values.quick)));
    const report = { title: "Benchmarks", conditions, sections };
    const folder = await writeReport("bench", report);
    process.stdout.write(`\n${renderMarkdown(report)}\n${folder}/report.html\n`);
  } finally {
    await stop();
  }
}

const unknown = positionals.filter((name) => !(name in BENCHES));
if (values.help) process.stdout.write(USAGE);
else if (unknown.length > 0) {
  process.stderr.write(`There is no bench ${unknown.join(", ")}.\n${USAGE}`);
  process.exitCode = 2;
} else await bench(positionals.length > 0 ? positionals : ["replay"]);
