import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chown, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { scramSecret } from "@sluice/db/migrate";
import type { Account } from "./account.ts";
import type { PostgresBinaries } from "./postgres-binaries.ts";
import type { Password } from "./secrets.ts";

export const SUPERUSER = "postgres";

/** Where a database cluster is, and who runs it. */
export interface Cluster {
  readonly place: string;
  readonly data: string;
  readonly binaries: PostgresBinaries;
  readonly account: Account | undefined;
}

/**
 * Makes the cluster if there is none. The superuser's password reaches initdb as a SCRAM secret.
 * @throws Error when the data are of another major version.
 */
export async function makeCluster(cluster: Cluster, password: Password): Promise<"made" | "found"> {
  const major = await recordedMajor(cluster.data);
  if (major === undefined) {
    await initdb(cluster, password);
    return "made";
  }
  if (major === cluster.binaries.major) return "found";
  throw new Error(
    `${cluster.data} was made by PostgreSQL ${major}, but ${cluster.binaries.bin} is PostgreSQL ` +
      `${cluster.binaries.major}. Start with the old one (SLUICE_PG_BIN), or remove the stack's home to begin anew ` +
      "(this deletes its data), or choose another SLUICE_HOME.",
  );
}

/** Writes a file into the cluster, as its owner. */
export async function writeOwned(
  file: string,
  text: string,
  account: Account | undefined,
): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
  if (account !== undefined) await chown(file, account.uid, account.gid);
}

async function recordedMajor(data: string): Promise<number | undefined> {
  const file = join(data, "PG_VERSION");
  return existsSync(file) ? Number.parseInt(await readFile(file, "utf8"), 10) : undefined;
}

async function initdb(
  { place, data, binaries, account }: Cluster,
  { password, salt }: Password,
): Promise<void> {
  // Made beside and moved when complete: an interrupted initdb leaves no half-made cluster.
  const unfinished = `${data}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await rm(data, { recursive: true, force: true });
  const passwordFile = join(place, "initdb-password");
  await writeOwned(
    passwordFile,
    `${scramSecret(password, Buffer.from(salt, "base64"))}\n`,
    account,
  );
  const args = [
    "-D",
    unfinished,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
  ];
  // The C locale sorts alike on every machine; UTF-8 text is stored as it comes.
  const locale = ["--encoding=UTF8", "--locale=C"];
  try {
    await promisify(execFile)(join(binaries.bin, "initdb"), [...args, ...locale], {
      ...account,
      cwd: place,
      timeout: 120_000,
    });
    await promisify(execFile)("mv", [unfinished, data]);
  } finally {
    await rm(passwordFile, { force: true });
  }
}
