import {
  type BudgetSide,
  type Profile,
  loadWorkloads,
  proveBudget,
  selectProfile,
} from "@sluice/workloads";
import type { Command } from "../command.ts";
import { type Cell, renderTable } from "../table.ts";

export const budget: Command = {
  words: "budget",
  summary: "Prove that a profile cannot run out of connections; exit with 1 when it can",
  synopsis: "[--profile <name>] [--file <workloads.yaml>] [--json]",
  operands: [],
  options: {
    profile: {
      type: "string",
      value: "<name>",
      help: "A profile of the file (SLUICE_PROFILE, else local)",
    },
    file: {
      type: "string",
      value: "<path>",
      help: "(SLUICE_WORKLOADS_FILE, else infra/workloads.yaml)",
    },
  },
  async run(given, environment) {
    const file = given.text("file") ?? environment["SLUICE_WORKLOADS_FILE"];
    const name = given.text("profile") ?? environment["SLUICE_PROFILE"] ?? "local";
    const profile = selectProfile(loadWorkloads(file), name);
    const { client, server, ok } = proveBudget(profile);
    const text = [titleOf(profile), describe(client), describe(server)].join("\n\n");
    return {
      json: { profile: name, ok, client: withMargin(client), server: withMargin(server) },
      text,
      found: !ok,
    };
  },
};

const WHAT = {
  client: "Client side: connections to PgBouncer",
  server: "Server side: connections to PostgreSQL",
};

function titleOf({ name, machine }: Profile): string {
  return `Profile ${name}: ${machine.cores} cores, ${machine.memory_gb} GB`;
}

function describe(side: BudgetSide): string {
  const { terms, used, limit, limitBecause, margin, ok } = withMargin(side);
  const rows: Cell[][] = [
    ...terms.map((term) => [`  ${term.name}`, term.connections, term.because]),
    ["  used", used, ""],
    ["  limit", limit, limitBecause],
    [
      "  margin",
      margin,
      ok ? "holds" : "BROKEN: make a gate, an alias or an instance count smaller",
    ],
  ];
  return `${WHAT[side.side]}\n${renderTable([], rows)}`;
}

function withMargin(side: BudgetSide): BudgetSide & { margin: number } {
  return { ...side, margin: side.limit - side.used };
}
