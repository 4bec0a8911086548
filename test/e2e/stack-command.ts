import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a shell command in the clone, as a user would, against this run's stack. */
export async function shell(command: string, env: NodeJS.ProcessEnv = {}): Promise<Finished> {
  const home = dirname(process.env["SLUICE_STACK"]!);
  const options = { cwd: ROOT, env: { ...process.env, SLUICE_HOME: home, ...env } };
  try {
    return { code: 0, ...(await run("bash", ["-c", command], options)) };
  } catch (error) {
    const { code, stdout, stderr } = error as Finished;
    return { code, stdout, stderr };
  }
}
