import { curlLines } from "./announce.ts";
import { ProjectApi } from "./demo/api.ts";
import { loadFeatures } from "./demo/load-features.ts";
import { loadAllSamples, loadSamples } from "./demo/load-samples.ts";
import { markDemoLoaded } from "./demo/marker.ts";
import { homeOf } from "./home.ts";
import { readStack } from "./stack-file.ts";

/**
 * Loads the demo into the stack that runs: `npm run demo`, and the first `npm start` (which prints the rest itself).
 * `npm run demo -- --full` also loads all three million flights as samples, which takes minutes.
 */

const home = homeOf(process.env);
const say = (line: string): void => {
  process.stdout.write(`  demo: ${line}\n`);
};

try {
  const stack = await readStack(home);
  const apiOf = (service: string): ProjectApi => {
    const url = stack.services[service]?.url ?? "";
    return new ProjectApi({ url, project: stack.project, key: stack.keys.demo });
  };
  const started = performance.now();
  await loadFeatures(apiOf("feature-api"), say);
  await loadSamples(apiOf("data-loader"), say);
  if (process.argv.includes("--full")) await loadAllSamples(apiOf("data-loader"), say);
  await markDemoLoaded(home, stack);
  say(`loaded in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  if (!process.argv.includes("--quiet"))
    process.stdout.write(`\n${curlLines(stack).join("\n\n")}\n`);
} catch (error) {
  process.stderr.write(`  demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
