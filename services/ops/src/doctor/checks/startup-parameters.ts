import type { Check } from "../check.ts";

/** Harmless: it has been PostgreSQL's default since 12, and drivers send it. */
const HARMLESS = new Set(["extra_float_digits"]);

export const startupParameters: Check = {
  code: "STARTUP_PARAMETER_DROPPED",
  why: "What PgBouncer is told to ignore it drops without a word: a client that sets its time-out so has none.",
  async find({ console }) {
    const config = await console.show("config");
    const ignored = config.find(({ key }) => key === "ignore_startup_parameters")?.value ?? "";
    return ignored
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && !HARMLESS.has(name))
      .map((name) => ({
        what: `PgBouncer ignores the startup parameter ${name}.`,
        todo: `Take ${name} out of ignore_startup_parameters, set it on the role (ALTER ROLE … SET), and RELOAD.`,
      }));
  },
};
