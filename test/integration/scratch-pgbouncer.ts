import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { PgbouncerConsole } from "@sluice/pgbouncer";
import { freePort, unprivilegedIdentity } from "@sluice/testing";
import { until } from "./until.ts";

/** A PgBouncer of one's own, so that a test may change its pools while others run. */
export interface ScratchPgbouncer extends AsyncDisposable {
  readonly console: PgbouncerConsole;
  /** The list of aliases, which its configuration includes. */
  readonly databasesFile: string;
  url(alias: string): string;
  /** Ends it at once, as a crash does. Idempotent. */
  kill(): Promise<void>;
  /** Kills it, and starts it again with the files as they are. */
  restart(): Promise<void>;
}

/**
 * Starts PgBouncer before a server that lets its superuser in without a password.
 * @param aliases lines of the section [databases]; each leads to that superuser's database
 */
export async function startScratchPgbouncer(
  postgresUrl: string,
  aliases: readonly string[],
): Promise<ScratchPgbouncer> {
  const identity = unprivilegedIdentity();
  const folder = await mkdtemp(join(tmpdir(), "sluice-pgbouncer-"));
  if (identity !== undefined) await chown(folder, identity.uid, identity.gid);
  const databasesFile = join(folder, "databases.ini");
  const port = await freePort();
  await writeFile(
    databasesFile,
    ["[databases]", ...aliases.map(leadTo(postgresUrl)), ""].join("\n"),
  );
  await writeFile(join(folder, "pgbouncer.ini"), iniOf(databasesFile, port));
  const urlOf = (alias: string): string => `postgres://tester@127.0.0.1:${port}/${alias}`;
  const console = new PgbouncerConsole({ url: urlOf("pgbouncer") });
  const start = async (): Promise<ChildProcess> => {
    const started = spawn("pgbouncer", ["-q", "pgbouncer.ini"], {
      cwd: folder,
      stdio: "ignore",
      env: { ...process.env, PATH: `${process.env["PATH"]}${delimiter}/usr/sbin` },
      ...identity,
    });
    await until("PgBouncer answers", () =>
      console.version().then(
        () => true,
        () => false,
      ),
    );
    return started;
  };
  let server = await start();
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, "exit");
    server.kill("SIGKILL");
    await exited;
  };
  return {
    console,
    databasesFile,
    url: urlOf,
    kill,
    async restart() {
      await kill();
      server = await start();
    },
    async [Symbol.asyncDispose]() {
      await console.close();
      await kill();
      await rm(folder, { recursive: true });
    },
  };
}

function leadTo(postgresUrl: string): (alias: string) => string {
  const { hostname, port, username, pathname } = new URL(postgresUrl);
  const server = `host=${hostname} port=${port} dbname=${pathname.slice(1)} user=${username}`;
  return (alias) => {
    const [name, ...options] = alias.split(" ");
    return `${name} = ${server} ${options.join(" ")}`;
  };
}

function iniOf(databasesFile: string, port: number): string {
  return `
%include ${databasesFile}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
admin_users = tester
pool_mode = transaction
max_client_conn = 200
server_login_retry = 0.1
ignore_startup_parameters = extra_float_digits
`;
}
