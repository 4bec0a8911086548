import { proveBudget } from "@sluice/workloads";
import type { Check } from "../check.ts";

export const staticBudget: Check = {
  code: "BUDGET",
  why: "When every instance opens what it may, somebody is refused. No service starts on such figures.",
  async find({ profile }) {
    const { client, server } = proveBudget(profile);
    return [client, server]
      .filter(({ ok }) => !ok)
      .map(({ side, used, limit, limitBecause }) => ({
        what: `The ${side} side of profile ${profile.name} asks for ${used} connections, ${used - limit} more than ${limit} (${limitBecause}).`,
        todo: "`sluice budget` shows the sum: make a gate, an alias or an instance count in workloads.yaml smaller.",
      }));
  },
};
