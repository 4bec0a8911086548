import { loadWorkloads, selectProfile } from "@sluice/workloads";
import { type Diagnosis, diagnose } from "../../doctor/diagnose.ts";
import { withInstallation } from "../../doctor/installation.ts";
import type { Command } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { installationUrls } from "../environment.ts";

export const doctor: Command = {
  words: "doctor",
  summary: "Examine a running installation for hazards; exit with 1 when something is found",
  synopsis: "[--unused-after <duration>] [--json]",
  operands: [],
  options: {
    "unused-after": {
      type: "string",
      value: "<duration>",
      help: "An index nobody has read for so long is unused (7d)",
    },
  },
  async run(given, environment) {
    const workloads = loadWorkloads(environment["SLUICE_WORKLOADS_FILE"]);
    const options = {
      profile: selectProfile(workloads, environment["SLUICE_PROFILE"] ?? "local"),
      urls: installationUrls(environment),
      now: Date.now,
      unusedAfterMs: parseDuration("unused-after", given.text("unused-after") ?? "7d") * 1_000,
    };
    const diagnosis = await withInstallation(options, diagnose);
    const { findings, unchecked } = diagnosis;
    return {
      json: diagnosis,
      text: render(diagnosis),
      found: findings.length > 0 || unchecked.length > 0,
    };
  },
};

function render({ findings, unchecked, checked }: Diagnosis): string {
  const found = findings.map(
    ({ code, what, why, todo }) =>
      `${code}: ${what}\n  Why it matters: ${why}\n  What to do: ${todo}`,
  );
  const unknown = unchecked.map(({ code, because }) => `${code} could not be checked: ${because}`);
  const sum = `${checked} checks, ${findings.length} findings`;
  const rest = unchecked.length === 0 ? "" : `, ${unchecked.length} could not be made`;
  return [...found, ...unknown, sum + rest].join("\n");
}
