import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { freePort, readStack } from "@sluice/testing";
import { metricAt } from "../chaos/service-metrics.ts";
import { until } from "./until.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A further instance of training-manager beside the stack's own. */
export interface TrainingInstance extends AsyncDisposable {
  readonly url: string;
  metric(name: string): Promise<number>;
  /** Asks it to end; resolves with its exit code, which is 0 when the shutdown was clean. */
  terminate(): Promise<number | null>;
}

/** Starts one and waits until it serves, and hears what the others do. */
export async function startTrainingInstance(): Promise<TrainingInstance> {
  const [port, internalPort] = [await freePort(), await freePort()];
  const { pgbouncer, redis } = readStack();
  const child = spawn(process.execPath, ["services/training-manager/src/main.ts"], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...process.env,
      SLUICE_PORT: String(port),
      SLUICE_INTERNAL_PORT: String(internalPort),
      SLUICE_LOG_LEVEL: "warn",
      SLUICE_TRAINING_URL: pgbouncer.urls["training"],
      SLUICE_REDIS_URL: redis.url,
    },
  });
  const exited = once(child, "exit") as Promise<[number | null]>;
  const internalUrl = `http://127.0.0.1:${internalPort}`;
  const terminate = async (): Promise<number | null> => {
    child.kill("SIGTERM");
    return (await exited)[0];
  };
  const metric = (name: string): Promise<number> => metricAt(internalUrl, name);
  await until("the instance is ready", () => isReady(child, internalUrl), 60_000);
  await until("it hears the others", async () => (await metric("job_hints_heard")) === 1);
  return {
    url: `http://127.0.0.1:${port}`,
    metric,
    terminate,
    [Symbol.asyncDispose]: async () => void (await terminate()),
  };
}

async function isReady({ exitCode }: ChildProcess, internalUrl: string): Promise<boolean> {
  if (exitCode !== null) throw new Error(`The instance ended with ${exitCode}.`);
  const answer = await fetch(`${internalUrl}/health/ready`).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok === true;
}
