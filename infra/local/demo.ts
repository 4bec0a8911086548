import { curlLines } from "./announce.ts";
import { ProjectApi } from "./demo/api.ts";
import { loadFeatures } from "./demo/load-features.ts";
import { loadAllSamples, loadSamples } from "./demo/load-samples.ts";
import { markDemoLoaded } from "./demo/marker.ts";
import { peakMemory } from "./demo/peak-memory.ts";
import { trainDemo } from "./demo/train.ts";
import { homeOf } from "./home.ts";
import { readStack } from "./stack-file.ts";

/**
 * Loads the demo into the stack that runs: `npm run demo`, and the first `npm start` (which prints the rest itself).
 * `npm run demo -- --full` also loads all three million flights as samples, which takes minutes, and tells how much memory
 * the service took for it.
 */

const home = homeOf(process.env);
const say = (line: string): void => {
  process.stdout.write(`  demo: ${line}\n`);
};

try {
  const stack = await readStack(home);
  const started = performance.now();
  const access = (service: string) => ({
    url: stack.services[service]?.url ?? "",
    project: stack.project,
    key: stack.keys.demo,
  });
  const trainer = access("training-manager");
  const loader = new ProjectApi(access("data-loader"));
  await Promise.all([
    loadFeatures(new ProjectApi(access("feature-api")), say),
    trainDemo(new ProjectApi(trainer), trainer, say),
  ]);
  await loadSamples(loader, say);
  if (process.argv.includes("--full")) {
    const { internal_url: internalUrl = "" } = stack.services["data-loader"] ?? {};
    const peak = await peakMemory(internalUrl, () => loadAllSamples(loader, say));
    say(`data-loader took at most ${Math.ceil(peak / 1_000_000)} MB of memory meanwhile`);
  }
  await markDemoLoaded(home, stack);
  say(`loaded in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  if (!process.argv.includes("--quiet"))
    process.stdout.write(`\n${curlLines(stack).join("\n\n")}\n`);
} catch (error) {
  process.stderr.write(`  demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
