import { DATABASE, type WorkloadName } from "@sluice/workloads";
import { replaceJson } from "./atomic-file.ts";
import type { Home } from "./home.ts";
import { readJson } from "./json-file.ts";
import { consoleUrl } from "./pgbouncer.ts";
import { postgresUrl } from "./postgres.ts";
import type { Ports } from "./ports.ts";
import type { Keys, Secrets } from "./secrets.ts";
import { serviceUrls } from "./service.ts";
import { SERVICES } from "./services.ts";

/** Name of the demo's tenant and of its project. */
export const DEMO = "demo";

/** `stack.json`: where everything of the stack is, and the keys to it. */
export interface StackFile {
  readonly project: string;
  readonly services: Readonly<Record<string, { url: string; internal_url: string; pid: number }>>;
  readonly postgres: { readonly url: string; readonly pid: number };
  readonly pgbouncer: {
    readonly urls: Readonly<Record<WorkloadName, string>>;
    readonly admin_url: string;
    readonly databases_file: string;
    readonly pid: number;
  };
  readonly redis: { readonly url: string; readonly pid: number };
  readonly keys: Keys;
}

export interface StackFacts {
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly keys: Keys;
  readonly workloadUrls: Readonly<Record<WorkloadName, string>>;
  readonly redisUrl: string;
  readonly databasesFile: string;
  /** By part; a part that is being restarted keeps its last one. */
  readonly pids: Readonly<Record<string, number>>;
}

export function describeStack({
  ports,
  secrets,
  keys,
  workloadUrls,
  redisUrl,
  databasesFile,
  pids,
}: StackFacts): StackFile {
  const pid = (part: string): number => pids[part] ?? 0;
  const services = SERVICES.map(({ name }) => [
    name,
    { ...serviceUrls(name, ports), pid: pid(name) },
  ]);
  return {
    project: DEMO,
    services: Object.fromEntries(services),
    postgres: {
      url: postgresUrl({ port: ports.postgres, secrets }, DATABASE),
      pid: pid("postgres"),
    },
    pgbouncer: {
      urls: workloadUrls,
      admin_url: consoleUrl({ ports, secrets }),
      databases_file: databasesFile,
      pid: pid("pgbouncer"),
    },
    redis: { url: redisUrl, pid: pid("redis") },
    keys,
  };
}

export async function writeStack(home: Home, stack: StackFile): Promise<void> {
  await replaceJson(home.stackFile, stack);
}

/** The stack that runs in this home. @throws Error when none is ready. */
export async function readStack(home: Home): Promise<StackFile> {
  const stack = await readJson<StackFile>(home.stackFile);
  if (stack === undefined)
    throw new Error(`No stack is ready in ${home.root}. Start one: npm start`);
  return stack;
}
