import { openSuperuser } from "../../integration/open-database.ts";

/** The gate of a workload in a service. */
interface Gate {
  readonly service: string;
  readonly pool: string;
}

/** Changes that were begun, of gates or pools, and have not ended. */
export async function openChanges(): Promise<number> {
  await using superuser = openSuperuser();
  const [row] = await superuser<{ open: number }[]>`
    select (select count(*) from ops.config_changes where finished_at is null)::int4
      + (select count(*) from ops.scaling_events where outcome = 'intended')::int4 as open`;
  return row!.open;
}

/** What is wrong with the ledger of changes. @param acknowledged ids by reasons */
export async function faultsOfLedger(acknowledged: ReadonlyMap<string, string>): Promise<string[]> {
  await using superuser = openSuperuser();
  const rows = await superuser<{ id: string; reason: string; state: string }[]>`
    select change_id::text as id, reason, state from ops.config_changes
    where reason = any(${[...acknowledged.keys()]})`;
  const byReason = Map.groupBy(rows, ({ reason }) => reason);
  return [...acknowledged].flatMap(([reason, id]) => {
    const found = byReason.get(reason) ?? [];
    if (found.length === 1 && found[0]!.id === id) return [];
    return [`change ${id} was acknowledged and is ${found.length} times in the ledger`];
  });
}

/** The settings of a gate that are to last. */
export async function keptSettings({ service, pool }: Gate): Promise<Record<string, number>> {
  await using superuser = openSuperuser();
  const [row] = await superuser<{ settings: Record<string, number> }[]>`
    select settings from ops.gate_settings where service = ${service} and pool = ${pool}`;
  return row?.settings ?? {};
}

/** Whoever starts next has the profile's again. */
export async function forgetGate({ service, pool }: Gate): Promise<void> {
  await using superuser = openSuperuser();
  await superuser`delete from ops.gate_settings where service = ${service} and pool = ${pool}`;
}
