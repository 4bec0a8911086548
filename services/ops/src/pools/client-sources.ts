import type { ViewRow } from "@sluice/pgbouncer";
import type { Profile } from "@sluice/workloads";
import { type Pooler, workloadOf } from "./pooler.ts";

/** Clients of PgBouncer that are the same application at the same address on the same alias. */
export interface ClientSource {
  readonly application: string | null;
  readonly client_address: string | null;
  readonly alias: string;
  readonly workload: string | null;
  readonly clients: number;
  readonly active: number;
  readonly waiting: number;
  readonly longest_wait_seconds: number;
}

/** Who is connected to PgBouncer, the most numerous first. */
export async function readClientSources(
  poolers: readonly Pooler[],
  profile: Profile,
): Promise<ClientSource[]> {
  const clients = (await Promise.all(poolers.map(({ console }) => console.show("clients")))).flat();
  const groups = Map.groupBy(clients, (client) =>
    JSON.stringify([applicationOf(client), client.addr, client.database]),
  );
  return [...groups.values()]
    .map((members) => describe(members, profile))
    .toSorted((a, b) => b.clients - a.clients);
}

function describe(members: readonly ViewRow<"clients">[], profile: Profile): ClientSource {
  const [first] = members;
  const inState = (state: string) => members.filter((client) => client.state === state);
  const waits = inState("waiting").map(({ wait, wait_us }) => (wait ?? 0) + (wait_us ?? 0) / 1e6);
  return {
    application: first === undefined ? null : applicationOf(first),
    client_address: first?.addr ?? null,
    alias: first?.database ?? "",
    workload: workloadOf(profile, first?.database ?? null),
    clients: members.length,
    active: inState("active").length,
    waiting: waits.length,
    longest_wait_seconds: Math.max(0, ...waits),
  };
}

/** Without the address that PgBouncer adds (`application_name_add_host`): it is a column of its own here. */
function applicationOf({ application_name }: ViewRow<"clients">): string | null {
  return application_name?.replace(/ - \S+$/, "") || null;
}
