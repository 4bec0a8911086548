import { WORKLOADS } from "@sluice/workloads";
import type { Check } from "../check.ts";

export const nestedTimeouts: Check = {
  code: "TIMEOUTS_NOT_NESTED",
  why: "PgBouncer then closes the connection of who still waits at a gate, and a full pool looks like a dead database to the circuit breaker.",
  async find({ console, profile }) {
    const config = await console.show("config");
    const seconds = Number(config.find(({ key }) => key === "query_wait_timeout")?.value);
    const limit = seconds * 1_000;
    // 0 means without a limit.
    if (limit === 0) return [];
    return WORKLOADS.map((name) => [name, profile.workloads[name].acquire_timeout_ms] as const)
      .filter(([, wait]) => wait >= limit)
      .map(([name, wait]) => ({
        what: `The gate ${name} waits ${wait / 1_000} s, and PgBouncer gives up after query_wait_timeout = ${seconds} s.`,
        todo: `Raise query_wait_timeout above ${wait / 1_000} s, or lower acquire_timeout_ms of ${name} in workloads.yaml.`,
      }));
  },
};
