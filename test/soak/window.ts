import { readStack } from "@sluice/testing";
import type postgres from "postgres";
import { offer } from "../bench/load/offer.ts";
import type { FlowResult } from "../bench/load/plan.ts";
import { type Gauges, processes, tables } from "./census.ts";
import type { ServiceLoad } from "./flows.ts";
import { mostConnections } from "./server-connections.ts";

/** What happened in one stretch of a soak. */
export interface Window {
  /** Minutes since the soak began, at its end. */
  readonly minute: number;
  readonly flows: readonly FlowResult[];
  readonly gauges: Gauges;
  /** By role. */
  readonly connections: ReadonlyMap<string, number>;
  /** Of one core, all generators together. */
  readonly generatorCpu: number;
}

/** Offers all loads for `seconds`, and looks at the stack when they are over. */
export async function runWindow(
  loads: readonly ServiceLoad[],
  seconds: number,
  { superuser, since }: { superuser: postgres.Sql; since: number },
): Promise<Window> {
  const offered = Promise.all(loads.map((load) => offerTo(load, seconds)));
  const [results, connections] = await Promise.all([offered, mostConnections(superuser, offered)]);
  return {
    minute: (performance.now() - since) / 60_000,
    flows: results.flatMap(({ flows }) => flows),
    gauges: { ...processes(), ...(await tables(superuser)) },
    connections,
    generatorCpu: results.reduce((sum, { generatorCpu }) => sum + generatorCpu, 0),
  };
}

function offerTo({ service, flows }: ServiceLoad, seconds: number): ReturnType<typeof offer> {
  const { hostname: host, port } = new URL(readStack().services[service]!.url);
  return offer({ host, port: Number(port), seconds, flows });
}
