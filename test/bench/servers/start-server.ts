import { type ChildProcess, spawn } from "node:child_process";
import { readStack } from "@sluice/testing";

/** Starts a server of the bench over the feature workload's alias, and waits until its route /constant answers. */
export async function startServer(
  command: string,
  file: string,
  port: number,
): Promise<ChildProcess> {
  const env = {
    ...process.env,
    PORT: String(port),
    DATABASE_URL: readStack().pgbouncer.urls["feature"],
    DIRECT_URL: readStack().postgres.url,
    REDIS_URL: readStack().redis.url,
  };
  const server = spawn(command, [file], { env, stdio: ["ignore", "ignore", "inherit"] });
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answers = await fetch(`http://127.0.0.1:${port}/constant`).then(
      () => true,
      () => false,
    );
    if (answers) return server;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  server.kill();
  throw new Error(`${file} does not answer`);
}
