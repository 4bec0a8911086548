import { setTimeout as sleep } from "node:timers/promises";
import type { Bed } from "./bed/bed.ts";
import { isFailure, unallowed } from "./checker/refusals.ts";
import { leaked, overBudget, restarted, standing, stuck } from "./checker/services.ts";
import type { ConnectionWatch } from "./connection-watch.ts";
import { strike } from "./faults/strike.ts";
import type { Fault } from "./faults/table.ts";
import type { Finding } from "./finding.ts";
import { type Answered, isSuccess, type Load, type Outcome, startProbe } from "./load.ts";
import { firstSuccess, rateOf, timeline, timeToRecover } from "./recovery-times.ts";

/** How long is looked at what happens before and after a fault, in milliseconds. */
export interface Span {
  readonly beforeMs: number;
  readonly afterMs: number;
  /** The most that is waited for 95 % of the rate before. */
  readonly recoveryMs: number;
}

/** What a fault is observed with. */
export interface Scene {
  readonly bed: Bed;
  /** By name. */
  readonly loads: Readonly<Record<string, Load>>;
  /** By service. */
  readonly probes: Readonly<Record<string, () => Promise<Answered>>>;
  readonly watch: ConnectionWatch;
  readonly span: Span;
}

/** Beyond any deadline, and any pause of a breaker or a client. */
const SILENT_MS = 90_000;

/** The requests of a load that ended since. */
const since = ({ outcomes }: Load, from: number): Outcome[] =>
  outcomes.slice(outcomes.findLastIndex(({ endedAt }) => endedAt < from) + 1);

/** Strikes under the running loads, waits until they are back, and tells what happened. */
export async function observeFault(fault: Fault, round: number, scene: Scene): Promise<Finding> {
  const { bed, span } = scene;
  await sleep(span.beforeMs);
  const before = await standing(bed);
  const struckAt = performance.now();
  const earlier = endedSince(scene, struckAt - span.beforeMs);
  const rateBefore = rateOf(earlier, struckAt - span.beforeMs, struckAt);
  const probes = Object.values(scene.probes).map(startProbe);
  await strike(fault.action, bed);
  const overAt = performance.now();
  const [recoveredMs] = await Promise.all([
    recovery(scene, rateBefore, overAt),
    stopWhenHeard(probes, overAt),
  ]);
  const silent = await silentLoads(scene.loads, overAt);
  const after = await standing(bed);
  const endedAt = performance.now();
  const outcomes = endedSince(scene, struckAt);
  const probed = probes.flatMap((probe) => probe.outcomes);
  const firsts = [...probes.map((probe) => probe.outcomes), outcomes].map((each) =>
    firstSuccess(each, overAt),
  );
  const connections = scene.watch.samples
    .filter(({ at }) => at >= struckAt)
    .map((sample) => sample.connections);
  const faultMs = overAt - struckAt;
  const loads = Object.values(scene.loads);
  return {
    fault: fault.name,
    round,
    faultMs,
    rateBefore,
    firstMs: Math.min(...firsts),
    lastServiceMs: Math.max(...firsts.slice(0, -1)),
    recoveredMs,
    windowMs: endedAt - struckAt,
    requests: outcomes.length,
    failed: outcomes.filter(isFailure).length,
    slowestMs: Math.max(0, ...outcomes.map(({ tookMs }) => tookMs)),
    connections: Math.max(0, ...connections),
    timeline: timeline(outcomes, struckAt, endedAt),
    broken: [
      ...unallowed(fault, [...outcomes, ...probed]),
      ...silent,
      ...stuck([...[...outcomes, ...probed].map(({ tookMs }) => tookMs), ...waiting(loads)]),
      ...restarted(fault, before, after),
      ...leaked(faultMs, before, after),
      ...overBudget(connections),
    ],
  };
}

/** Each probe is over when it was answered after the fault. */
async function stopWhenHeard(probes: readonly Load[], overAt: number): Promise<void> {
  const isHeard = ({ outcomes }: Load): boolean => Number.isFinite(firstSuccess(outcomes, overAt));
  while (!probes.every(isHeard) && performance.now() < overAt + SILENT_MS) await sleep(20);
  await Promise.all(probes.map((probe) => probe.stop()));
}

/** What ended since, of all loads, in order. */
function endedSince({ loads }: Scene, from: number): Outcome[] {
  return Object.values(loads)
    .flatMap((load) => since(load, from))
    .toSorted((a, b) => a.endedAt - b.endedAt);
}

/** How long each request that is on its way has waited. */
function waiting(loads: readonly Load[]): number[] {
  const now = performance.now();
  return loads.flatMap((load) => load.inFlight().map((sentAt) => now - sentAt));
}

/** Waits for 95 % of the rate before. @returns the milliseconds that it took */
async function recovery(scene: Scene, rateBefore: number, overAt: number): Promise<number> {
  const { afterMs, recoveryMs } = scene.span;
  const recovered = (): number =>
    timeToRecover(endedSince(scene, overAt), rateBefore, overAt, performance.now());
  do await sleep(afterMs);
  while (recovered() === Number.POSITIVE_INFINITY && performance.now() < overAt + recoveryMs);
  return recovered();
}

/** The loads that nothing was done for since, although there was all the time for it. */
async function silentLoads(
  loads: Readonly<Record<string, Load>>,
  overAt: number,
): Promise<string[]> {
  const silent = (): string[] =>
    Object.entries(loads)
      .filter(([, load]) => !since(load, overAt).some(isSuccess))
      .map(([name]) => `${name}: nothing succeeds any more`);
  while (silent().length > 0 && performance.now() < overAt + SILENT_MS) await sleep(50);
  return silent();
}
