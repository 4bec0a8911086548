import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort, readStack } from "@sluice/testing";

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
  const directory = await mkdtemp(join(tmpdir(), "sluice-storm-"));
  const { prometheus, alerts } = await render(directory);
  const address = `127.0.0.1:${await freePort()}`;
  const flags = [
    `--config.file=${directory}/prometheus.yml`,
    `--storage.tsdb.path=${directory}/data`,
    `--web.listen-address=${address}`,
  ];
  const server = spawn(prometheus, flags, { stdio: "ignore" });
  const exited = once(server, "exit");
  return {
    alerts,
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

const RENDER = fileURLToPath(new URL("../../../infra/prometheus/trial.ts", import.meta.url));

/** Writes Prometheus' files; infra imports this package, and is run instead of imported. */
async function render(directory: string): Promise<{ prometheus: string; alerts: string[] }> {
  const targets = Object.entries(readStack().services).map(([job, { internal_url }]) => ({
    job,
    address: new URL(internal_url).host,
  }));
  const trial = { directory, targets, thresholds: THRESHOLDS, forSeconds: FOR_SECONDS };
  const args = [RENDER, JSON.stringify(trial)];
  const { stdout } = await promisify(execFile)(process.execPath, args).catch(
    ({ stderr }: { stderr: string }) => {
      throw new Error(stderr);
    },
  );
  return JSON.parse(stdout) as { prometheus: string; alerts: string[] };
}

interface Answer {
  readonly data: {
    readonly alerts: readonly {
      readonly state: string;
      readonly labels: { readonly alertname: string };
    }[];
  };
}
