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
/** What needs few answers to be seen is measured for so long at most. */
const BRIEF_SECONDS = 20;
/** A service knows of a new quota when it reads the tenant's key again. */
const QUOTA_KNOWN_SECONDS = 11;

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
  const brief = Math.min(seconds, BRIEF_SECONDS);
  const peak = await findPeak(kind, own, brief / 4);
  const rated = (name: string, requests: readonly string[], rate: number): Flow => {
    return { name, requests, connections: kind.connections, rate: rate * peak, isPatient: true };
  };
  const unruly = { ...rated("", own, OVERLOAD), isPatient: false };
  const beside = (name: string): Flow[] => [
    rated(`beside one at ${FLOOD} × its rate${name}`, own, SHARE),
    rated(`that one${name}`, flood, SHARE * FLOOD),
  ];
  const overload = [
    await measure([rated("half of the peak", own, 0.5)], brief),
    await measure([rated(`${OVERLOAD} × the peak`, own, OVERLOAD)], seconds),
    await measure([{ ...unruly, name: "the same, who come back at once" }], brief),
  ];
  const peakAfter = await findPeak(kind, own, brief / 4);
  const tenancy = [
    await measure([rated("a tenant by itself", own, SHARE)], seconds),
    await measure(beside(""), seconds),
  ];
  await limit(tenants.flood, SHARE * peak);
  await measure(beside(""), Math.min(seconds, QUOTA_KNOWN_SECONDS));
  tenancy.push(await measure(beside(", held by a quota"), seconds));
  const title = `${kind.name}, peak ${peak.toFixed(0)}/s before and ${peakAfter.toFixed(0)}/s after overload`;
  // The machine is faster in one minute than in another: the share is of the mean.
  return render(title, (peak + peakAfter) / 2, [...overload, ...tenancy]);
}

/** The most answers a second that clients get who each wait for theirs, once the service is warm. */
async function findPeak(kind: Kind, requests: readonly string[], seconds: number): Promise<number> {
  const rates: number[] = [];
  for (const clients of [...kind.clients, ...kind.clients]) {
    const flow = { name: "peak", requests, clients, connections: clients };
    const { flows } = await measure([flow], seconds);
    rates.push(flows[0]!.answered.count / seconds);
  }
  return Math.max(...rates.slice(kind.clients.length));
}

async function measure(flows: Flow[], seconds: number): Promise<Window> {
  const { services, postgres, pgbouncer } = readStack();
  const { url, pid } = services["feature-api"]!;
  const { hostname: host, port } = new URL(url);
  const database = (): number => cpuSeconds(postgres.pid) + cpuSeconds(pgbouncer.pid);
  const before = { service: cpuSeconds(pid), database: database() };
  const result = await offer({ host, port: Number(port), seconds, flows });
  return {
    ...result,
    serviceCpu: (cpuSeconds(pid) - before.service) / seconds,
    databaseCpu: (database() - before.database) / seconds,
  };
}

async function limit({ tenant }: FeatureProject, perSecond: number): Promise<void> {
  await using admin = await openTestDatabase("admin", { base: 1, overflow: 0 });
  const quotas = { requests_per_second: Math.round(perSecond) };
  await setQuotas({ db: admin, actor: "system:test" }, { tenant, quotas });
}

function render(title: string, peak: number, windows: readonly Window[]): string {
  const rows = windows.flatMap((window) =>
    window.flows.map((flow, index) => row(flow, peak, index === 0 ? window : undefined)),
  );
  return [
    `## Overload: ${title}, open loop, Poisson arrivals`,
    "",
    "Times of answers from when each request was due, of refusals from when it was sent. Each connection is a client; who is",
    "refused stays away for as long as `Retry-After` says, and what is due while all do is not sent, unless a row says otherwise.",
    "",
    "| | s | due/s | not sent/s | answered/s | of the peak | p50 ms | p99 ms | refused/s | p50 ms | p99 ms | without Retry-After | failed | sent late p99 ms | CPU generator, service, database |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function row(flow: FlowResult, peak: number, window: Window | undefined): string {
  const { name, seconds, offered, heldBack, answered, lag, refused, refusedBare, failed } = flow;
  const rate = (count: number): string => (count / seconds).toFixed(0);
  const ms = (value: number | null): string => value?.toFixed(1) ?? "–";
  const cells = [
    name,
    seconds,
    rate(offered),
    rate(heldBack),
    rate(answered.count),
    (answered.count / seconds / peak).toFixed(2),
    ms(answered.p50),
    ms(answered.p99),
    rate(refused.count),
    ms(refused.p50),
    ms(refused.p99),
    refusedBare,
    failed,
    ms(lag.p99),
    window === undefined ? "" : cpuOf(window),
  ];
  return `| ${cells.join(" | ")} |`;
}

function cpuOf({ generatorCpu, serviceCpu, databaseCpu }: Window): string {
  return [generatorCpu, serviceCpu, databaseCpu].map((cores) => cores.toFixed(2)).join(", ");
}
