import { cpus } from "node:os";
import { parseArgs } from "node:util";
import startStack from "@sluice/testing/stack";
import { benchBatches } from "./batches.ts";
import { benchEncodings } from "./encodings.ts";
import { benchGate } from "./gate.ts";
import { benchHeartbeats } from "./heartbeats.ts";
import { benchImport } from "./import.ts";
import { benchLookUps } from "./look-ups.ts";
import { benchOverload } from "./overload.ts";
import { benchSamples } from "./samples.ts";
import { benchShuffle } from "./shuffle.ts";

const USAGE = `npm run bench [-- --quick] [gate] [look-ups] [batches] [encodings] [heartbeats] [import] [overload]
                           [samples] [shuffle]
  --quick   fewer and shorter rounds
Runs against a stack of its own, or the one whose stack.json SLUICE_STACK names. No figure decides anything.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const BENCHES: Readonly<Record<string, (quick: boolean) => Promise<string>>> = {
  gate: (quick) => benchGate(quick ? 3 : 9),
  batches: (quick) => benchBatches(quick ? 2 : 30),
  heartbeats: (quick) => benchHeartbeats(quick ? 3 : 9, quick ? 1 : 10),
  import: (quick) => benchImport(quick ? 50_000 : 200_000, quick ? 3 : 5),
  overload: (quick) => benchOverload(quick ? 3 : 60),
  "look-ups": (quick) => benchLookUps(quick ? 1 : 5, quick ? 1 : 5),
  shuffle: (quick) => benchShuffle(quick ? 3 : 9),
  encodings: (quick) => benchEncodings(quick ? 3 : 10),
  samples: (quick) => benchSamples(quick ? 2 : 10),
};

async function bench(names: readonly string[]): Promise<void> {
  const stop = await startStack();
  try {
    process.stdout.write(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}\n\n`);
    for (const name of names) process.stdout.write(`${await BENCHES[name]!(values.quick)}\n`);
  } finally {
    await stop();
  }
}

const unknown = positionals.filter((name) => !(name in BENCHES));
if (values.help) process.stdout.write(USAGE);
else if (unknown.length > 0) {
  process.stderr.write(`There is no bench ${unknown.join(", ")}.\n${USAGE}`);
  process.exitCode = 2;
} else await bench(positionals.length > 0 ? positionals : Object.keys(BENCHES));
