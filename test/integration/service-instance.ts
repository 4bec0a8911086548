import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { freePort, readStack } from "@sluice/testing";
import { metricAt } from "../chaos/service-metrics.ts";
import { until } from "./until.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A further instance of a service beside the stack's own. */
export interface ServiceInstance extends AsyncDisposable {
  readonly url: string;
  readonly internalUrl: string;
  readonly pid: number;
  metric(name: string): Promise<number>;
  /** Asks it to end; resolves with its exit code, which is 0 when the shutdown was clean. */
  terminate(): Promise<number | null>;
  /** Ends it by force. */
  kill(): Promise<void>;
}

/** Starts one and waits until it serves. */
export async function startInstance(
  main: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ServiceInstance> {
  const [port, internalPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, [main], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...process.env,
      SLUICE_PORT: String(port),
      SLUICE_INTERNAL_PORT: String(internalPort),
      SLUICE_LOG_LEVEL: "warn",
      SLUICE_REDIS_URL: readStack().redis.url,
      ...env,
    },
  });
  const exited = once(child, "exit") as Promise<[number | null]>;
  const internalUrl = `http://127.0.0.1:${internalPort}`;
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return (await exited)[0];
  };
  await until("the instance is ready", () => isReady(child, internalUrl), 60_000);
  return {
    url: `http://127.0.0.1:${port}`,
    internalUrl,
    pid: child.pid!,
    metric: (name) => metricAt(internalUrl, name),
    terminate: () => end("SIGTERM"),
    kill: async () => void (await end("SIGKILL")),
    [Symbol.asyncDispose]: async () => void (await end("SIGTERM")),
  };
}

async function isReady({ exitCode }: ChildProcess, internalUrl: string): Promise<boolean> {
  if (exitCode !== null) throw new Error(`The instance ended with ${exitCode}.`);
  const answer = await fetch(`${internalUrl}/health/ready`).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok === true;
}

/** A further instance of data-loader. */
export function startDataLoader(): Promise<ServiceInstance> {
  const { urls } = readStack().pgbouncer;
  return startInstance("services/data-loader/src/main.ts", {
    SLUICE_SAMPLE_URL: urls["sample"],
    SLUICE_IMPORT_URL: urls["import"],
  });
}
