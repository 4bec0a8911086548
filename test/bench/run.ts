import { cpus } from "node:os";
import { parseArgs } from "node:util";
import startStack from "@sluice/testing/stack";
import { benchGate } from "./gate.ts";

const USAGE = `npm run bench [-- --quick]
  --quick   fewer rounds
Runs against a stack of its own, or the one whose stack.json SLUICE_STACK names. No figure decides anything.
`;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) process.stdout.write(USAGE);
else {
  const stop = await startStack();
  try {
    process.stdout.write(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}\n\n`);
    process.stdout.write(await benchGate(values.quick ? 3 : 9));
  } finally {
    await stop();
  }
}
