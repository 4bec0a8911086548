import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadWorkloads, selectProfile } from "@sluice/workloads";
import { findPrometheus } from "../local/programs.ts";
import { type FieldReportThresholds, fieldReportAlerts } from "./alerts/field-report.ts";
import { type PrometheusTarget, renderPrometheusConfig } from "./config.ts";
import { renderRules } from "./rules.ts";

/** What a trial of the field report's alerts is rendered from: one JSON value, the only argument. */
interface Trial {
  /** Where `prometheus.yml` and `rules.yml` are written. */
  readonly directory: string;
  readonly targets: readonly PrometheusTarget[];
  readonly thresholds: FieldReportThresholds;
  /** In place of each alert's own. */
  readonly forSeconds: number;
}

const { directory, targets, thresholds, forSeconds } = JSON.parse(process.argv[2]!) as Trial;
try {
  const { prometheus } = findPrometheus(process.env, () => undefined);
  const alerts = fieldReportAlerts(thresholds).map((alert) => ({
    ...alert,
    for: `${forSeconds}s`,
  }));
  const rules = renderRules(
    selectProfile(loadWorkloads(), "local"),
    { "field-report": alerts },
    "1s",
  );
  writeFileSync(join(directory, "rules.yml"), rules);
  const config = renderPrometheusConfig(targets, "rules.yml", "1s");
  writeFileSync(join(directory, "prometheus.yml"), config);
  process.stdout.write(JSON.stringify({ prometheus, alerts: alerts.map(({ name }) => name) }));
} catch (error) {
  process.stderr.write((error as Error).message);
  process.exitCode = 1;
}
