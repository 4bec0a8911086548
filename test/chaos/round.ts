import { until } from "../integration/until.ts";
import { type Bed, makeBed } from "./bed/bed.ts";
import { quietServices } from "./bed/quiet-services.ts";
import type { Checker, StartChecker } from "./checker/checker.ts";
import { checkFeaturePushes } from "./checker/feature-pushes.ts";
import { checkImportParts } from "./checker/import-parts.ts";
import { checkJobReports } from "./checker/job-reports.ts";
import { checkOps } from "./checker/ops-changes.ts";
import { checkPlanSteps } from "./checker/plan-steps.ts";
import { unless } from "./checker/unless.ts";
import { ConnectionWatch } from "./connection-watch.ts";
import type { Fault } from "./faults/table.ts";
import type { Finding } from "./finding.ts";
import { isSuccess, type Load } from "./load.ts";
import { observeFault, type Scene, type Span } from "./observe-fault.ts";

/** What one run through a list of faults found. */
export interface Round {
  readonly findings: readonly Finding[];
  /** What the checkers found at the end: by promise. */
  readonly broken: Readonly<Record<string, readonly string[]>>;
  /** Answered requests of each load. */
  readonly answered: Readonly<Record<string, number>>;
}

const CHECKERS: Readonly<Record<string, StartChecker>> = {
  "feature pushes": checkFeaturePushes,
  "job reports": checkJobReports,
  "import parts": checkImportParts,
  "plan steps": checkPlanSteps,
  ops: checkOps,
};
const WARM_REQUESTS = 10;

/** Makes a bed, puts it under mixed load, strikes with one fault after the other, and checks every promise. */
export async function runRound(
  faults: readonly Fault[],
  round: number,
  { span, tell }: { span: Span; tell: (finding: Finding) => void },
): Promise<Round> {
  using _services = await quietServices();
  await using bed = await makeBed();
  await using watch = new ConnectionWatch();
  const checkers: [string, Checker][] = [];
  try {
    for (const [promise, start] of Object.entries(CHECKERS))
      checkers.push([promise, await start(bed)]);
    const loads = loadsOf(checkers);
    const probes = Object.assign({}, ...checkers.map(([, each]) => each.probes)) as Scene["probes"];
    for (const [name, load] of Object.entries(loads))
      await until(`${name}: run`, () => isWarm(load), 60_000);
    const findings: Finding[] = [];
    for (const fault of faults) {
      const finding = await observeFault(fault, round, { bed, loads, probes, watch, span });
      findings.push(finding);
      tell(finding);
    }
    const broken = await finishAll(checkers);
    const slots = await heldSlots(bed);
    return { findings, broken: { ...broken, slots }, answered: answeredOf(checkers) };
  } finally {
    await Promise.all(Object.values(loadsOf(checkers)).map((load) => load.stop()));
  }
}

function isWarm({ outcomes }: Load): boolean {
  return outcomes.filter(isSuccess).length >= WARM_REQUESTS;
}

async function finishAll(
  checkers: readonly [string, Checker][],
): Promise<Record<string, readonly string[]>> {
  const found = await Promise.all(
    checkers.map(async ([promise, checker]) => [promise, await checker.finish()] as const),
  );
  return Object.fromEntries(found);
}

/** When nobody asks for anything any more, nobody holds a slot. */
function heldSlots(bed: Bed): Promise<string[]> {
  return unless("no slot is held", async () => (await bed.metric("db_active_connections")) === 0);
}

function answeredOf(checkers: readonly [string, Checker][]): Record<string, number> {
  const counted = Object.entries(loadsOf(checkers)).map(
    ([name, { outcomes }]) => [name, outcomes.filter(isSuccess).length] as const,
  );
  return Object.fromEntries(counted);
}

function loadsOf(checkers: readonly [string, Checker][]): Record<string, Load> {
  return Object.assign({}, ...checkers.map(([, { loads }]) => loads)) as Record<string, Load>;
}
