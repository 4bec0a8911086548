import type { Profile, WorkloadName } from "@sluice/workloads";
import { type Home, REPOSITORY } from "./home.ts";
import type { PartSpec } from "./part-spec.ts";
import { HOST, type Ports } from "./ports.ts";
import type { ServiceEntry } from "./services.ts";
import { until } from "./until.ts";

export interface ServiceOptions {
  readonly home: Home;
  readonly ports: Ports;
  readonly profile: Profile;
  readonly urls: Readonly<Record<WorkloadName, string>>;
  readonly redisUrl: string;
  /** Of PgBouncer, for the service that looks after its pools. */
  readonly consoleUrl: string;
  readonly databasesFile: string;
  /** What internal listeners want to hear before they change a gate. */
  readonly controlToken: string;
}

/** A service of the clone as a part, on the Node that runs the supervisor. */
export function servicePart({ name, main }: ServiceEntry, options: ServiceOptions): PartSpec {
  const port = portsOf(name, options.ports);
  const word = `--home=${options.home.root}`;
  return {
    name,
    file: process.execPath,
    // The word tells whose service it is: in `ps`, and to a supervisor that finds a stale one.
    args: [main, word],
    env: { ...process.env, ...serviceEnv(name, options) },
    cwd: REPOSITORY,
    account: undefined,
    word,
    logFile: `${options.home.logs}/${name}.log`,
    ready: (signal) => answers(`http://${HOST}:${port.internal}/health/ready`, signal),
    startTimeoutMs: 60_000,
    stopSignal: "SIGTERM",
    forceSignal: "SIGKILL",
    stopTimeoutMs: 20_000,
  };
}

/** Where a service answers. One that takes no requests has its internal listener only, and both are the same. */
export function serviceUrls(name: string, ports: Ports): { url: string; internal_url: string } {
  const { internal, public: open = internal } = portsOf(name, ports);
  return { url: `http://${HOST}:${open}`, internal_url: `http://${HOST}:${internal}` };
}

/** What a service is told through its environment: its ports, and the URLs of its own workloads only. */
export function serviceEnv(name: string, options: ServiceOptions): NodeJS.ProcessEnv {
  const { ports, profile, urls, redisUrl, controlToken } = options;
  const port = portsOf(name, ports);
  const gates = profile.services[name]?.gates ?? [];
  return {
    ...(port.public === undefined ? {} : { SLUICE_HOST: HOST, SLUICE_PORT: String(port.public) }),
    SLUICE_INTERNAL_PORT: String(port.internal),
    SLUICE_PROFILE: profile.name,
    SLUICE_REDIS_URL: redisUrl,
    SLUICE_CONTROL_TOKEN: controlToken,
    ...(name === "ops" ? controlEnv(options) : {}),
    // So that a receiver on the same machine can be tried.
    SLUICE_WEBHOOK_ALLOW_PRIVATE: "true",
    // Who looks at the database looks at the other services too.
    ...(gates.includes("monitor") ? { SLUICE_INSTANCES: instances(ports) } : {}),
    ...Object.fromEntries(gates.map((gate) => [`SLUICE_${gate.toUpperCase()}_URL`, urls[gate]])),
  };
}

/** Where the pools are that it looks after. */
function controlEnv({ consoleUrl, databasesFile }: ServiceOptions): NodeJS.ProcessEnv {
  return {
    SLUICE_PGBOUNCER_ADMIN_URLS: consoleUrl,
    SLUICE_PGBOUNCER_DATABASES_FILES: databasesFile,
  };
}

function instances({ services }: Ports): string {
  return Object.entries(services)
    .map(([name, { internal }]) => `${name}=http://${HOST}:${internal}`)
    .join(",");
}

function portsOf(name: string, ports: Ports): Ports["services"][string] {
  const port = ports.services[name];
  if (port === undefined) throw new Error(`No ports are set aside for ${name}: see services.ts.`);
  return port;
}

async function answers(url: string, signal: AbortSignal): Promise<void> {
  const probe = async (): Promise<true | undefined> => {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(
      () => undefined,
    );
    await response?.body?.cancel();
    return response?.ok === true ? true : undefined;
  };
  await until(probe, { everyMs: 50, signal });
}
