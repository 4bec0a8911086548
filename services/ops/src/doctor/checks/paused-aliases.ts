import type { Check } from "../check.ts";

export const pausedAliases: Check = {
  code: "ALIAS_PAUSED",
  why: "Its clients wait, and get neither an answer nor an error before their gates' time-outs.",
  async find({ console }) {
    const databases = await console.show("databases");
    return databases
      .filter(({ paused, disabled }) => paused === 1 || disabled === 1)
      .map(({ name, paused }) => ({
        what: `The alias ${name} is ${paused === 1 ? "paused" : "disabled"}.`,
        todo: `${paused === 1 ? "RESUME" : "ENABLE"} ${name} on PgBouncer's console.`,
      }));
  },
};
