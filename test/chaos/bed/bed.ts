import { dirname, join } from "node:path";
import { freePortBase, readStack } from "@sluice/testing";
import { loadWorkloads, selectProfile } from "@sluice/workloads";
import type { WorkloadName } from "@sluice/workloads";
// @boundaries-ignore the bed runs services as the local stack does; infra depends on this package
import { homeOf, makeHome } from "../../../infra/local/home.ts";
// @boundaries-ignore the bed runs services as the local stack does; infra depends on this package
import { Part } from "../../../infra/local/part.ts";
// @boundaries-ignore the bed runs services as the local stack does; infra depends on this package
import { type Ports, portsFor } from "../../../infra/local/ports.ts";
// @boundaries-ignore the bed runs services as the local stack does; infra depends on this package
import { servicePart, serviceUrls } from "../../../infra/local/service.ts";
// @boundaries-ignore the bed runs services as the local stack does; infra depends on this package
import { SERVICES as ENTRIES } from "../../../infra/local/services.ts";
import { metricAt } from "../service-metrics.ts";
import { type LinkName, SERVICES, type ServiceName } from "../faults/table.ts";
import { FaultProxy } from "../proxy/fault-proxy.ts";

/**
 * Services of one's own on the stack's PostgreSQL, PgBouncer and Redis, which they reach through proxies, and which are
 * started again when they die. All load goes to them.
 */
export interface Bed extends AsyncDisposable {
  readonly links: Readonly<Record<LinkName, FaultProxy>>;
  pidOf(service: ServiceName): number;
  /** Where a service answers. */
  origin(service: string): string;
  /** Its internal listener. */
  internal(service: string): string;
  /** @throws Error unless the service is ready to serve */
  ready(service: string): Promise<void>;
  /** Sum of a metric over services. @param of all of them by default */
  metric(name: string, of?: readonly ServiceName[]): Promise<number>;
}

export async function makeBed(): Promise<Bed> {
  const links = await openLinks();
  const ports = portsFor({ SLUICE_PORT_BASE: String(await freePortBase()) });
  const parts = await partsBehind(links, ports);
  const close = async (): Promise<void> => {
    await Promise.all([...parts.values()].map((part) => part.stop()));
    await Promise.all(Object.values(links).map((link) => link.close()));
  };
  try {
    await Promise.all([...parts.values()].map((part) => part.start()));
  } catch (error) {
    await close();
    throw error;
  }
  const internal = (service: string): string => serviceUrls(service, ports).internal_url;
  return {
    links,
    pidOf: (service) => parts.get(service)!.pid!,
    origin: (service) => serviceUrls(service, ports).url,
    internal,
    ready: (service) => answersOk(`${internal(service)}/health/ready`),
    metric: async (name, of = SERVICES) => {
      const values = await Promise.all(of.map((each) => metricAt(internal(each), name)));
      return values.reduce((sum, value) => sum + value, 0);
    },
    [Symbol.asyncDispose]: close,
  };
}

async function openLinks(): Promise<Bed["links"]> {
  const { postgres, pgbouncer, redis } = readStack();
  return {
    "services-pgbouncer": await FaultProxy.start(pgbouncer.admin_url),
    "services-redis": await FaultProxy.start(redis.url),
    "pgbouncer-postgres": await FaultProxy.start(postgres.url),
  };
}

/** Only their own ops changes the gates of these. */
const CONTROL_TOKEN = "the-token-of-the-bed";

/** Those under load, as the local stack runs them, with the proxies for PgBouncer and Redis. */
async function partsBehind(links: Bed["links"], ports: Ports): Promise<Map<string, Part>> {
  // Beside the stack's state, so that what the services logged is there when something was found.
  const home = homeOf({ SLUICE_HOME: join(dirname(process.env["SLUICE_STACK"]!), "chaos") });
  await makeHome(home);
  const urls = Object.fromEntries(
    Object.entries(readStack().pgbouncer.urls).map(([name, url]) => [
      name,
      links["services-pgbouncer"].via(url),
    ]),
  ) as Record<WorkloadName, string>;
  const profile = selectProfile(loadWorkloads(), "local");
  const { admin_url: adminUrl, databases_file: databasesFile } = readStack().pgbouncer;
  const options = {
    home,
    ports,
    profile,
    urls,
    redisUrl: links["services-redis"].url,
    consoleUrl: links["services-pgbouncer"].via(adminUrl),
    databasesFile,
    controlToken: CONTROL_TOKEN,
  };
  const events = { onPid: async () => {}, onNews: () => {} };
  const entries = ENTRIES.filter(({ name }) => (SERVICES as readonly string[]).includes(name));
  return new Map(
    entries.map((entry) => [entry.name, new Part(servicePart(entry, options), events)]),
  );
}

async function answersOk(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`${url} answered ${response.status}.`);
}
