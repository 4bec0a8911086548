import {
  type MigrationStatus,
  ensureExtensions,
  ensureRoles,
  migrate,
  migrationStatus,
} from "@sluice/db/migrate";
import { loadWorkloads, roleSettings, selectProfile } from "@sluice/workloads";
import type { Answer, Command } from "../command.ts";
import { type Environment, directUrl } from "../environment.ts";
import { renderTable } from "../table.ts";

export const migrateCommand: Command = {
  words: "migrate",
  summary: "Bring roles, their time-outs and the schema up to date, over a direct connection",
  synopsis: "[--status] [--json]",
  operands: [],
  options: {
    status: {
      type: "boolean",
      help: "Change nothing; show what is applied, and exit with 1 when something is not",
    },
  },
  async run(given, environment) {
    const url = directUrl(environment);
    return given.flag("status")
      ? answerStatus(await migrationStatus({ url }))
      : await apply(url, environment);
  },
};

async function apply(url: string, environment: Environment): Promise<Answer> {
  const workloads = loadWorkloads(environment["SLUICE_WORKLOADS_FILE"]);
  const profile = selectProfile(workloads, environment["SLUICE_PROFILE"] ?? "local");
  const roles = roleSettings(profile).map(({ role, settings }) => ({ name: role, settings }));
  const steps: string[] = [];
  const log = (line: string): void => void steps.push(line);
  const { leftToAdministrator } = await ensureRoles({ url, roles, log });
  const left = [...leftToAdministrator, ...(await ensureExtensions({ url, log }))];
  const { applied } = await migrate({ url, log });
  const outcome =
    applied.length === 0 ? "schema: up to date" : `schema: ${applied.length} migrations applied`;
  return {
    json: { applied, left_to_administrator: left },
    text: [...steps, outcome].join("\n"),
    found: left.length > 0,
  };
}

function answerStatus(status: MigrationStatus): Answer {
  const { applied, unknown } = status;
  const rows = [
    ...applied.map(({ number, name }) => ({ number, name, state: "applied" })),
    ...filesOf(status, "pending"),
    ...filesOf(status, "changed"),
    ...filesOf(status, "skipped"),
  ];
  const found = rows.some(({ state }) => state !== "applied") || unknown.length > 0;
  const json = { migrations: rows, unknown: unknown.map(({ number, name }) => ({ number, name })) };
  const table = renderTable(
    ["NUMBER", "NAME", "STATE"],
    rows.map(({ number, name, state }) => [number, name, state]),
  );
  const newer = unknown.map(({ name }) => `The database is newer than this code: it has ${name}.`);
  return { json, text: [table, ...newer].join("\n"), found };
}

function filesOf(
  status: MigrationStatus,
  state: "pending" | "changed" | "skipped",
): { number: number; name: string; state: string }[] {
  return status[state].map(({ number, name }) => ({ number, name, state }));
}
