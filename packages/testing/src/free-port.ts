import { createServer, type Server } from "node:net";

/** The ports of a stack, relative to its base: services, PostgreSQL, PgBouncer, Redis, internal listeners. */
const STACK_OFFSETS = [1, 2, 3, 4, 10, 11, 12, 1001, 1002, 1003, 1004, 1005];

/** A TCP port of the loopback interface that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = await listen(0);
  const address = server.address();
  await close(server);
  if (address === null || typeof address === "string") throw new Error("the listener has no port");
  return address.port;
}

/** A value for `SLUICE_PORT_BASE`. Below 32768, where systems begin to take ports for outgoing connections. */
export async function freePortBase(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const base = 10_000 + 20 * Math.floor(Math.random() * 1_000);
    const free = await Promise.all(STACK_OFFSETS.map((offset) => isFree(base + offset)));
    if (free.every(Boolean)) return base;
  }
  throw new Error("no free range of ports between 10000 and 31000");
}

async function isFree(port: number): Promise<boolean> {
  try {
    await close(await listen(port));
    return true;
  } catch {
    return false; // In use, which is the answer.
  }
}

async function listen(port: number): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<Server>();
  const server = createServer().once("error", reject);
  server.listen(port, "127.0.0.1", () => resolve(server));
  return await promise;
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}
