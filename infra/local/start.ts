import { parseArgs } from "node:util";
import { announce } from "./announce.ts";
import { loadDemo } from "./demo-command.ts";
import { homeOf, makeHome } from "./home.ts";
import { SupervisorProcess } from "./supervisor-process.ts";
import { readStack } from "./stack-file.ts";

const USAGE = `npm start [-- --detach] [-- --no-demo]
  --detach   return when everything is ready; stop with: npm stop
  --no-demo  do not load the demo's data
State is kept in SLUICE_HOME (.sluice), ports count from SLUICE_PORT_BASE (7100).
`;

const { values } = parseArgs({
  options: {
    detach: { type: "boolean", default: false },
    "no-demo": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

function say(line: string): void {
  process.stdout.write(`  ${line}\n`);
}

async function start(): Promise<number> {
  const home = homeOf(process.env);
  await makeHome(home);
  process.stdout.write(`Sluice, local stack in ${home.root}\n`);
  const supervisor = await SupervisorProcess.launch(home, say);
  const outcome = await supervisor.started();
  if (outcome.kind === "failed") {
    process.stderr.write(`${outcome.message}\n`);
    return 1;
  }
  if (outcome.kind === "stopped") return outcome.code;
  const stack = await readStack(home);
  const demo = values["no-demo"] ? "skipped" : await loadDemo(home, stack);
  announce(stack, {
    demo: demo === "loaded",
    detached: values.detach || outcome.kind === "running already",
  });
  if (outcome.kind === "running already") return demo === "failed" ? 1 : 0;
  if (!values.detach) return await supervisor.ended();
  supervisor.release();
  return demo === "failed" ? 1 : 0;
}

if (values.help) process.stdout.write(USAGE);
else process.exitCode = await start();
