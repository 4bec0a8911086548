import { setTimeout as sleep } from "node:timers/promises";
import { Autoscaler, type Settled } from "../../autoscaler/autoscaler.ts";
import { openFleet } from "../../autoscaler/open-fleet.ts";
import { DEFAULT_POLICY } from "../../autoscaler/policy.ts";
import { scalingMeter } from "../../autoscaler/scaling-metrics.ts";
import { createLogger, createRegistry } from "@sluice/telemetry";
import { loadWorkloads, type Profile, selectProfile } from "@sluice/workloads";
import type { Answer, Command } from "../command.ts";
import { type Environment, fleetPlaces } from "../environment.ts";
import { withDatabase } from "../key-store.ts";
import { renderTable } from "../table.ts";
import { UsageError } from "../usage-error.ts";

const SAMPLE_MS = 1_000;
const DEFAULT_WINDOW_SECONDS = 5;
const WELL: ReadonlySet<string> = new Set(["applied", "dry_run", "none"]);

export const scale: Command = {
  words: "scale",
  summary: "Look at the pools once, change one of them if need be, and record what was decided",
  synopsis: "--once [--window <seconds>] [--dry-run] [--json]",
  operands: [],
  options: {
    once: { type: "boolean", help: "Needed: the lasting loop is the ops service's" },
    window: {
      type: "string",
      value: "<seconds>",
      help: `How long to look before deciding, a sample a second (${DEFAULT_WINDOW_SECONDS})`,
    },
    "dry-run": { type: "boolean", help: "Decide and record; change nothing" },
  },
  async run(given, environment) {
    if (!given.flag("once")) throw new UsageError("--once is missing");
    const windowSeconds = given.count("window") ?? DEFAULT_WINDOW_SECONDS;
    if (windowSeconds < DEFAULT_POLICY.growAfter || windowSeconds > 600)
      throw new UsageError(`--window must be from ${DEFAULT_POLICY.growAfter} to 600 seconds`);
    const name = environment["SLUICE_PROFILE"] ?? "local";
    const profile = selectProfile(loadWorkloads(environment["SLUICE_WORKLOADS_FILE"]), name);
    return decideOnce(environment, profile, windowSeconds, given.flag("dry-run"));
  },
};

async function decideOnce(
  environment: Environment,
  profile: Profile,
  windowSeconds: number,
  isDry: boolean,
): Promise<Answer> {
  const effector = isDry ? "print" : "file";
  const places = fleetPlaces(environment);
  const fleet = openFleet({ ...places, effector, profile, applicationName: "sluice-scale" });
  try {
    return await withDatabase(
      environment,
      async ({ db, actor }) => {
        const autoscaler = new Autoscaler({
          db,
          profile,
          processes: fleet.processes,
          policy: { ...DEFAULT_POLICY, shrinkAfter: windowSeconds },
          actor: `${actor}/scale-${process.pid}`,
          leaseMs: (windowSeconds + 15) * 1_000,
          logger: createLogger({ service: "cli", level: "silent" }),
          meter: scalingMeter(createRegistry("cli")),
          everyRow: true,
        });
        for (let second = 1; second < windowSeconds; second++) {
          await autoscaler.look();
          await sleep(SAMPLE_MS);
        }
        return answer(await autoscaler.decideOnce());
      },
      "monitor",
    );
  } finally {
    await fleet.close();
  }
}

function answer(decisions: readonly Settled[]): Answer {
  const rows = decisions.map((each) => [
    each.alias,
    each.action,
    each.reason,
    each.outcome,
    each.from,
    each.to,
    each.detail,
  ]);
  return {
    json: { decisions },
    text: renderTable(["ALIAS", "ACTION", "REASON", "OUTCOME", "FROM", "TO", "BECAUSE"], rows),
    found: decisions.some(({ outcome }) => !WELL.has(outcome)),
  };
}
