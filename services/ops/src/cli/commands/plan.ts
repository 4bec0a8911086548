import { loadWorkloads } from "@sluice/workloads";
import { type CapacityPlan, planCapacity } from "../../plan/capacity-plan.ts";
import type { PlannedLine } from "../../plan/planned-line.ts";
import type { Command } from "../command.ts";
import { renderTable } from "../table.ts";
import { UsageError } from "../usage-error.ts";

export const plan: Command = {
  words: "plan",
  summary:
    "Compute postgresql.conf, kernel settings, pgbouncer.ini and gates for a database machine; exit with 1 when they cannot hold",
  synopsis: "--cores <n> --memory-gb <n> [--instances <n>] [--json]",
  operands: [],
  options: {
    cores: { type: "string", value: "<n>", help: "Cores of the database machine" },
    "memory-gb": { type: "string", value: "<n>", help: "Its memory in GB" },
    instances: {
      type: "string",
      value: "<n>",
      help: "Instances of each API service (one for 4 cores)",
    },
  },
  async run(given, environment) {
    const count = (name: string): number => {
      given.needed(name);
      const value = given.count(name)!;
      if (value > 0) return value;
      throw new UsageError(`--${name} must be at least 1`);
    };
    const machine = {
      cores: count("cores"),
      memory_gb: count("memory-gb"),
      instances: given.text("instances") === undefined ? undefined : count("instances"),
    };
    const planned = planCapacity(loadWorkloads(environment["SLUICE_WORKLOADS_FILE"]), machine);
    return { json: planned, text: render(planned), found: !planned.ok };
  },
};

function render(planned: CapacityPlan): string {
  const { profile, memory, budget, notes, pgbouncer, gates, files } = planned;
  const { cores, memory_gb } = profile.machine;
  const verdict = [
    ["connections to PgBouncer", budget.client.used, "of", budget.client.limit],
    ["connections to PostgreSQL", budget.server.used, "of", budget.server.limit],
    ["memory at worst, MB", Math.round(memory.worst_case_mb), "of", memory.total_mb],
  ];
  return [
    `# Plan for ${cores} cores and ${memory_gb} GB: ${planned.ok ? "it holds" : "IT DOES NOT HOLD"}`,
    ...notes.map((note) => `# Note: ${note}`),
    comment(renderTable([], verdict)),
    ...Object.entries(files).map(([path, text]) => `${title(path)}\n\n${text}`),
    `${title("PgBouncer's settings, one by one")}\n\n${pgbouncer.map(explainSetting).join("\n")}\n`,
    `${title("gates (workloads.yaml)")}\n`,
    ...gates.map(
      ({ workload, base, overflow, acquire_timeout_ms, reason, effect, risk, way_back }) =>
        `${workload}: { base: ${base}, overflow: ${overflow} } # waits up to ${acquire_timeout_ms / 1000} s\n` +
        comment(`Reason: ${reason}\nEffect: ${effect}\nRisk: ${risk}\nWay back: ${way_back}`),
    ),
  ].join("\n");
}

/** In pgbouncer.ini the settings stand in groups; each one's explanation stands after the file. */
function explainSetting({
  name,
  value,
  reason,
  effect,
  risk,
  way_back,
  field_report,
}: PlannedLine): string {
  const lines = [
    `; ${name} = ${value}`,
    `;   Reason: ${reason}`,
    `;   Effect: ${effect}`,
    `;   Risk: ${risk}`,
    `;   Way back: ${way_back}`,
  ];
  if (field_report !== undefined)
    lines.push(`;   The field report has ${field_report.value}: ${field_report.why}`);
  return lines.join("\n");
}

function title(path: string): string {
  return `# ===== ${path} =====`;
}

function comment(text: string): string {
  return text.replaceAll(/^/gm, "# ");
}
