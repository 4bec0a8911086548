import { createServer } from "node:net";
import { SERVICES } from "./services.ts";

export const HOST = "127.0.0.1";
const DEFAULT_BASE = 7100;
const INTERNAL_OFFSET = 1000;

/** Every port of one stack, by what listens there. */
export interface Ports {
  readonly base: number;
  readonly postgres: number;
  readonly pgbouncer: number;
  readonly redis: number;
  readonly services: Readonly<
    Record<string, { readonly public?: number; readonly internal: number }>
  >;
}

/** The ports of the base that `SLUICE_PORT_BASE` names. @throws Error when it names no usable base. */
export function portsFor(env: NodeJS.ProcessEnv): Ports {
  const text = env["SLUICE_PORT_BASE"] || String(DEFAULT_BASE);
  const base = Number(text);
  if (!Number.isInteger(base) || base < 1024 || base > 64_000) {
    throw new Error(`SLUICE_PORT_BASE is "${text}": it must be a whole number from 1024 to 64000.`);
  }
  return {
    base,
    postgres: base + 10,
    pgbouncer: base + 11,
    redis: base + 12,
    services: Object.fromEntries(
      SERVICES.map(({ name, offset, internalOnly }) => {
        const internal = base + offset + INTERNAL_OFFSET;
        return [name, internalOnly ? { internal } : { public: base + offset, internal }];
      }),
    ),
  };
}

/** @throws Error naming every port that something else listens on, and the variable that moves them. */
export async function assertPortsFree(ports: Ports): Promise<void> {
  const wanted = listPorts(ports);
  const free = await Promise.all(wanted.map(([, port]) => isFree(port)));
  const busy = wanted
    .filter((_, index) => free[index] === false)
    .map(([name, port]) => `${port} (${name})`);
  if (busy.length === 0) return;
  throw new Error(
    `In use by something else: port ${busy.join(", ")}. ` +
      `Set SLUICE_PORT_BASE (now ${ports.base}) to move all ports, e.g. SLUICE_PORT_BASE=${ports.base + 100} npm start`,
  );
}

function listPorts({
  postgres,
  pgbouncer,
  redis,
  services,
}: Ports): [name: string, port: number][] {
  const ofServices = Object.entries(services).flatMap(([name, port]): [string, number][] => [
    ...(port.public === undefined ? [] : [[name, port.public] satisfies [string, number]]),
    [`${name}, internal`, port.internal],
  ]);
  return [["PostgreSQL", postgres], ["PgBouncer", pgbouncer], ["Redis", redis], ...ofServices];
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EADDRINUSE") resolve(false);
    else reject(error);
  });
  server.listen({ host: HOST, port, exclusive: true }, () => server.close(() => resolve(true)));
  return promise;
}
