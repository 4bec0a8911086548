import { invalidArgument } from "@sluice/http";
import { SluiceError } from "@sluice/errors";
import { type Profile, proveBudget, type WorkloadName, WORKLOADS } from "@sluice/workloads";

/** What a change is about: an alias of PgBouncer, or the gate of a workload in the instances of a service. */
export type Target =
  | { readonly alias: string }
  | { readonly service: string; readonly pool: string };

/** Figures by the names of workloads.yaml. */
export type Figures = Readonly<Record<string, number>>;

/** The figures that change while everything runs. Whatever else stands in workloads.yaml needs a restart. */
const OF_ALIAS = ["pool_size"];
const OF_GATE = ["base", "overflow", "max_waiters", "acquire_timeout_ms"];

/**
 * Refuses what cannot be tried, or must not.
 * @throws SluiceError VALIDATION_FAILED, OVER_BUDGET
 */
export function checkChange(target: Target, settings: Figures, profile: Profile): void {
  const workload = workloadOf(target, profile);
  const allowed = "alias" in target ? OF_ALIAS : OF_GATE;
  const names = Object.keys(settings);
  const wrong = names.find((name) => !allowed.includes(name));
  if (wrong !== undefined)
    throw invalidArgument(`/settings/${wrong}`, `is none of ${allowed.join(", ")}`);
  if (names.length === 0) throw invalidArgument("/settings", "has nothing to change");
  const changed = { ...profile.workloads[workload], ...settings };
  const limit = profile.pgbouncer.query_wait_timeout_ms;
  if (changed.acquire_timeout_ms >= limit)
    throw invalidArgument(
      "/settings/acquire_timeout_ms",
      `must be less than PgBouncer's query_wait_timeout (${limit} ms), or a full pool looks like a dead database`,
    );
  checkBudget({ ...profile, workloads: { ...profile.workloads, [workload]: changed } });
}

function workloadOf(target: Target, profile: Profile): WorkloadName {
  if ("alias" in target) {
    const found = WORKLOADS.find((name) => profile.workloads[name].alias === target.alias);
    if (found !== undefined) return found;
    const aliases = WORKLOADS.map((name) => profile.workloads[name].alias);
    throw invalidArgument("/target/alias", `is none of ${aliases.join(", ")}`);
  }
  const service = profile.services[target.service];
  if (service === undefined)
    throw invalidArgument(
      "/target/service",
      `is none of ${Object.keys(profile.services).join(", ")}`,
    );
  const gate = service.gates.find((name) => name === target.pool);
  if (gate !== undefined) return gate;
  throw invalidArgument("/target/pool", `is none of ${service.gates.join(", ")}`);
}

function checkBudget(changed: Profile): void {
  const { client, server } = proveBudget(changed);
  const broken = [client, server].find(({ ok }) => !ok);
  if (broken === undefined) return;
  const { side, used, limit, limitBecause } = broken;
  const detail = `The ${side} side would ask for ${used} connections, ${used - limit} more than there are (${limitBecause}).`;
  throw new SluiceError("OVER_BUDGET", detail, { extra: { side, used, limit } });
}
