import { chmod, mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the clone. */
export const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));

/** Where one local stack keeps everything: `SLUICE_HOME`, else `.sluice` in the clone. */
export interface Home {
  readonly root: string;
  readonly logs: string;
  readonly secretsFile: string;
  readonly stackFile: string;
  readonly stateFile: string;
  readonly lockFile: string;
}

export function homeOf(env: NodeJS.ProcessEnv): Home {
  const root = resolve(REPOSITORY, env["SLUICE_HOME"] || ".sluice");
  return {
    root,
    logs: `${root}/logs`,
    secretsFile: `${root}/secrets.json`,
    stackFile: `${root}/stack.json`,
    stateFile: `${root}/supervisor.json`,
    lockFile: `${root}/supervisor.lock`,
  };
}

/**
 * Makes the folders. Others may pass through the root (its files are 0600): PostgreSQL, PgBouncer and Redis
 * run as another user when the stack is started by root.
 */
export async function makeHome(home: Home): Promise<void> {
  await mkdir(home.root, { recursive: true });
  await chmod(home.root, 0o711);
  await mkdir(home.logs, { recursive: true, mode: 0o700 });
}
