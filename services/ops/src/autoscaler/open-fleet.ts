import { PgbouncerConsole } from "@sluice/pgbouncer";
import { type Profile, WORKLOADS } from "@sluice/workloads";
import { type Effector, fileEffector, setEffector } from "./effector.ts";
import type { PgbouncerProcess } from "./fleet.ts";

export interface FleetOptions {
  readonly consoleUrls: readonly string[];
  /** In the order of the consoles. */
  readonly databasesFiles: readonly string[];
  readonly effector: "file" | "set" | "print";
  readonly profile: Profile;
  readonly applicationName: string;
}

/** The processes of PgBouncer, and what closes their consoles. */
export interface OpenFleet {
  readonly processes: readonly (PgbouncerProcess & { readonly console: PgbouncerConsole })[];
  /** Idempotent. */
  close(): Promise<void>;
}

/** @throws Error when the effector cannot work as it is set up */
export function openFleet(options: FleetOptions): OpenFleet {
  const { consoleUrls, databasesFiles, effector, applicationName } = options;
  assertUsable(options);
  const processes = consoleUrls.map((url, index) => {
    const console = new PgbouncerConsole({ url, applicationName });
    return { console, effector: effectorFor(effector, console, databasesFiles[index]) };
  });
  return {
    processes,
    close: async () => void (await Promise.all(processes.map(({ console }) => console.close()))),
  };
}

function assertUsable({ consoleUrls, databasesFiles, effector, profile }: FleetOptions): void {
  if (effector === "file" && databasesFiles.length !== consoleUrls.length)
    throw new Error(
      `There are ${consoleUrls.length} consoles of PgBouncer and ${databasesFiles.length} files of databases: one for each (SLUICE_PGBOUNCER_DATABASES_FILES), or another SLUICE_AUTOSCALER_EFFECTOR.`,
    );
  const scaled = WORKLOADS.filter((workload) => profile.workloads[workload].scaling !== undefined);
  if (effector === "set" && scaled.length !== 1)
    throw new Error(
      `SET default_pool_size serves one scaled alias, and profile "${profile.name}" has ${scaled.length}.`,
    );
}

function effectorFor(
  kind: FleetOptions["effector"],
  console: PgbouncerConsole,
  file: string | undefined,
): Effector | undefined {
  if (kind === "set") return setEffector(console);
  return kind === "file" && file !== undefined ? fileEffector(file, console) : undefined;
}
