import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPrometheus } from "@sluice/infra/local/programs";
import { fieldReportAlerts } from "@sluice/infra/prometheus/alerts/field-report";
import { renderPrometheusConfig } from "@sluice/infra/prometheus/config";
import { renderRules } from "@sluice/infra/prometheus/rules";
import { freePort, readStack } from "@sluice/testing";
import { loadWorkloads, selectProfile } from "@sluice/workloads";

/** How long a condition holds before its alert fires, in place of the report's 2 to 10 minutes. */
export const FOR_SECONDS = 5;
/** Fitted to the 60 connections of a local stack and to a run of half a minute; the report has 300 s and 100. */
export const THRESHOLDS = { usage: 0.8, waiting: 5, querySeconds: 10, idle: 20 };

/** The report's four alerts over a stack, by a Prometheus of one's own. */
export interface RunningPrometheus extends AsyncDisposable {
  readonly alerts: readonly string[];
  /** Names of those that fire now. */
  firing(): Promise<Set<string>>;
}

/** @throws Error in one sentence when there is no Prometheus */
export async function startPrometheus(): Promise<RunningPrometheus> {
  const { prometheus } = findPrometheus(process.env, () => undefined);
  const directory = await mkdtemp(join(tmpdir(), "sluice-storm-"));
  const alerts = fieldReportAlerts(THRESHOLDS).map((alert) => ({
    ...alert,
    for: `${FOR_SECONDS}s`,
  }));
  const targets = Object.entries(readStack().services).map(([job, { internal_url }]) => ({
    job,
    address: new URL(internal_url).host,
  }));
  const profile = selectProfile(loadWorkloads(), "local");
  const rules = renderRules(profile, { "field-report": alerts }, "1s");
  await writeFile(join(directory, "rules.yml"), rules);
  const config = renderPrometheusConfig(targets, "rules.yml", "1s");
  await writeFile(join(directory, "prometheus.yml"), config);
  const address = `127.0.0.1:${await freePort()}`;
  const flags = [
    `--config.file=${directory}/prometheus.yml`,
    `--storage.tsdb.path=${directory}/data`,
    `--web.listen-address=${address}`,
  ];
  const server = spawn(prometheus, flags, { stdio: "ignore" });
  const exited = once(server, "exit");
  return {
    alerts: alerts.map(({ name }) => name),
    async firing() {
      const response = await fetch(`http://${address}/api/v1/alerts`).catch(() => undefined);
      if (response?.ok !== true) return new Set();
      const { data } = (await response.json()) as Answer;
      const firing = data.alerts.filter(({ state }) => state === "firing");
      return new Set(firing.map(({ labels }) => labels.alertname));
    },
    async [Symbol.asyncDispose]() {
      server.kill("SIGTERM");
      await exited;
      await rm(directory, { recursive: true });
    },
  };
}

interface Answer {
  readonly data: {
    readonly alerts: readonly {
      readonly state: string;
      readonly labels: { readonly alertname: string };
    }[];
  };
}
