import { migrationStatus } from "@sluice/db/migrate";
import type { Check } from "../check.ts";

export const migrations: Check = {
  code: "MIGRATIONS",
  why: "The code and the schema are not of one version: statements fail on what the other one does not have.",
  async find({ urls }) {
    const { pending, changed, skipped, unknown } = await migrationStatus({ url: urls.postgres });
    const files = {
      "is not applied": pending,
      "was changed after it had been applied": changed,
      "was left out": skipped,
    };
    const known = Object.entries(files).flatMap(([state, list]) =>
      list.map(({ file }) => ({
        what: `${file} ${state}.`,
        todo: "`sluice migrate --status`, then `sluice migrate`.",
      })),
    );
    const newer = unknown.map(({ name }) => ({
      what: `The database has ${name}, which this code does not know.`,
      todo: "Run the version of Sluice that brought it, or a later one.",
    }));
    return [...known, ...newer];
  },
};
