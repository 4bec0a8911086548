import { setQuotas } from "@sluice/auth";
import { readStack } from "@sluice/testing";
import { type FeatureProject, featureProject } from "../integration/feature-project.ts";
import { openTestDatabase } from "../integration/open-database.ts";
import { offer } from "./load/offer.ts";
import type { Flow, FlowResult, LoadResult } from "./load/plan.ts";
import { BATCHES, type Kind, SINGLES } from "./load/request-kinds.ts";
import { cpuSeconds } from "./process-cpu.ts";

const OVERLOAD = 3;
/** Of the peak: what the well-behaved tenant sends, and the other sends fifty times as much. */
const SHARE = 0.05;
const FLOOD = 50;

interface Window extends LoadResult {
  /** Of one core. */
  readonly serviceCpu: number;
  readonly databaseCpu: number;
}

/**
 * What more requests than can be answered do to those that are: three times the peak from one tenant, and a tenant at
 * fifty times its share beside one that keeps to it.
 */
export async function benchOverload(seconds: number): Promise<string> {
  const tables: string[] = [];
  for (const kind of [BATCHES, SINGLES]) tables.push(await benchKind(kind, seconds));
  return tables.join("\n");
}

async function benchKind(kind: Kind, seconds: number): Promise<string> {
  const tenants = { own: await featureProject(), flood: await featureProject() };
  const own = await kind.requests(tenants.own);
  const flood = await kind.requests(tenants.flood);
  const brief = Math.min(seconds, 10);
  const peak = await findPeak(kind, own, brief);
  const run = (flows: Flow[], duration = seconds): Promise<Window> =>
    measure(kind, flows, duration);
  const rated = (name: string, requests: readonly string[], rate: number): Flow => ({
    name,
    requests,
    rate: rate * peak,
  });
  const half = await run([rated("half of the peak", own, 0.5)], brief);
  const over = await run([rated(`${OVERLOAD} × the peak`, own, OVERLOAD)]);
  const calm = await run([rated("a tenant by itself", own, SHARE)], brief);
  const shared = await run([
    rated(`beside one at ${FLOOD} × its rate`, own, SHARE),
    rated(`that one`, flood, SHARE * FLOOD),
  ]);
  await limit(tenants.flood, SHARE * peak);
  const held = await run([
    rated("beside it, held to its share by a quota", own, SHARE),
    rated("that one, held", flood, SHARE * FLOOD),
  ]);
  return render(`${kind.name}, peak ${peak.toFixed(0)}/s, ${seconds} s`, peak, [
    half,
    over,
    calm,
    shared,
    held,
  ]);
}

/** The most answers a second that clients get who each wait for theirs. */
async function findPeak(kind: Kind, requests: readonly string[], seconds: number): Promise<number> {
  let peak = 0;
  for (const clients of kind.clients) {
    const { flows } = await measure(kind, [{ name: "peak", requests, clients }], seconds);
    peak = Math.max(peak, flows[0]!.answered.count / seconds);
  }
  return peak;
}

async function measure({ connections }: Kind, flows: Flow[], seconds: number): Promise<Window> {
  const { services, postgres, pgbouncer } = readStack();
  const { url, pid } = services["feature-api"]!;
  const { hostname: host, port } = new URL(url);
  const database = (): number => cpuSeconds(postgres.pid) + cpuSeconds(pgbouncer.pid);
  const before = { service: cpuSeconds(pid), database: database() };
  const result = await offer({ host, port: Number(port), seconds, connections, flows });
  return {
    ...result,
    serviceCpu: (cpuSeconds(pid) - before.service) / seconds,
    databaseCpu: (database() - before.database) / seconds,
  };
}

async function limit({ tenant }: FeatureProject, perSecond: number): Promise<void> {
  await using admin = await openTestDatabase("admin", { base: 1, overflow: 0 });
  const quotas = { requests_per_second: Math.round(perSecond) };
  await setQuotas(admin, { tenant, quotas });
}

function render(title: string, peak: number, windows: readonly Window[]): string {
  const rows = windows.flatMap((window) =>
    window.flows.map((flow, index) => row(flow, peak, index === 0 ? window : undefined)),
  );
  return [
    `## Overload: ${title}, open loop, Poisson arrivals`,
    "",
    "Times of answers from when each request was due, of refusals from when it was sent.",
    "",
    "| | offered/s | answered/s | of the peak | p50 ms | p99 ms | refused/s | p50 ms | p99 ms | without Retry-After | failed | sent late p99 ms | CPU generator, service, database |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function row(flow: FlowResult, peak: number, window: Window | undefined): string {
  const { name, seconds, offered, answered, refused, refusedBare, failed } = flow;
  const rate = (count: number): string => (count / seconds).toFixed(0);
  const ms = (value: number | null): string => value?.toFixed(1) ?? "–";
  const cells = [
    name,
    rate(offered),
    rate(answered.count),
    (answered.count / seconds / peak).toFixed(2),
    ms(answered.p50),
    ms(answered.p99),
    rate(refused.count),
    ms(refused.p50),
    ms(refused.p99),
    refusedBare,
    failed,
    window === undefined ? "" : ms(window.lag.p99),
    window === undefined ? "" : cpuOf(window),
  ];
  return `| ${cells.join(" | ")} |`;
}

function cpuOf({ generatorCpu, serviceCpu, databaseCpu }: Window): string {
  return [generatorCpu, serviceCpu, databaseCpu].map((cores) => cores.toFixed(2)).join(", ");
}
