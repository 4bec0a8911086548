import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dashboards } from "../grafana/dashboards.ts";
import { findPrometheus } from "../local/programs.ts";
import { renderPrometheusConfig } from "./config.ts";
import { alertGroups, renderRules } from "./rules.ts";
import { usedMetrics } from "./used-metrics.ts";
import { freePort, readStack } from "@sluice/testing";
import { loadWorkloads, selectProfile } from "@sluice/workloads";
import { expect, test } from "vitest";

const profile = selectProfile(loadWorkloads(), "local");
const alerts = Object.values(alertGroups(profile)).flat();

/** Names of all metrics that the stack's services export. */
async function exported(): Promise<Set<string>> {
  const texts = Object.values(readStack().services).map(async ({ internal_url }) => {
    const response = await fetch(`${internal_url}/metrics`);
    return response.text();
  });
  const all = (await Promise.all(texts)).join("\n");
  return new Set([...all.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!));
}

/** Prometheus itself makes this one. */
const OF_PROMETHEUS = "up";

test("every metric of every rule and panel is exported by some service", async () => {
  const panels = dashboards(profile).flatMap(({ panels: all, annotations = {} }) => [
    ...all.flatMap(({ queries }) => Object.values(queries)),
    ...Object.values(annotations),
  ]);
  const used = new Set([...alerts.map(({ expr }) => expr), ...panels].flatMap(usedMetrics));
  const missing = used.difference(await exported());
  missing.delete(OF_PROMETHEUS);
  expect([...missing]).toEqual([]);
});

test("Prometheus scrapes every service of the stack, and evaluates every rule", async () => {
  const { prometheus } = findPrometheus(process.env, () => undefined);
  const directory = await mkdtemp(join(tmpdir(), "sluice-prometheus-"));
  const targets = Object.entries(readStack().services).map(([job, { internal_url }]) => ({
    job,
    address: new URL(internal_url).host,
  }));
  await writeFile(join(directory, "rules.yml"), renderRules(profile));
  await writeFile(join(directory, "prometheus.yml"), renderPrometheusConfig(targets, "rules.yml"));
  const address = `127.0.0.1:${await freePort()}`;
  const flags = [
    `--config.file=${directory}/prometheus.yml`,
    `--storage.tsdb.path=${directory}/data`,
    `--web.listen-address=${address}`,
  ];
  const server = spawn(prometheus, flags, { stdio: "ignore" });
  const exited = once(server, "exit");
  try {
    const healthy = async (): Promise<{ targets: number; rules: number }> => {
      const active = await ask<Targets>(address, "targets");
      const groups = (await ask<Groups>(address, "rules"))?.groups ?? [];
      return {
        targets: active?.activeTargets.filter(({ health }) => health === "up").length ?? 0,
        rules: groups.flatMap(({ rules }) => rules).filter(({ health }) => health === "ok").length,
      };
    };
    await expect
      .poll(healthy, { timeout: 60_000, interval: 250 })
      .toEqual({ targets: targets.length, rules: alerts.length });
  } finally {
    server.kill("SIGTERM");
    await exited;
    await rm(directory, { recursive: true });
  }
});

interface Targets {
  readonly activeTargets: readonly { readonly health: string }[];
}

interface Groups {
  readonly groups: readonly { readonly rules: readonly { readonly health: string }[] }[];
}

/** What Prometheus' API answers; undefined while it starts. */
async function ask<T>(address: string, path: string): Promise<T | undefined> {
  const response = await fetch(`http://${address}/api/v1/${path}`).catch(() => undefined);
  if (response?.ok !== true) return undefined;
  return ((await response.json()) as { data: T }).data;
}
