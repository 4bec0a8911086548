import { SluiceError } from "@sluice/errors";
import type { Logger } from "@sluice/telemetry";
import type { App } from "./app.ts";
import { type GateControl, NO_GATES } from "./gate-control.ts";
import { Connections } from "./connections.ts";
import { type InternalListener, openInternalListener } from "./internal-listener.ts";
import { Readiness } from "./readiness.ts";
import { resourcePhases, shutDown, type ShutdownPhase } from "./shutdown.ts";

/** What `listen` opens, and what it closes at the end. */
export interface ListenOptions {
  readonly app: App;
  /** Rejects with the reasons while the instance cannot serve. */
  readonly ready: () => Promise<void>;
  readonly host: string;
  /** 0 = any free port */
  readonly port: number;
  readonly internalPort: number;
  /** @default loopback */
  readonly internalHost?: string;
  /** Gates that the internal listener shows, and changes for who knows the token. @default none */
  readonly control?: GateControl;
  readonly logger: Logger;
  /** Closes what the service opened, in the order of opening; run in reverse after the last answer. */
  readonly onClose?: readonly (() => unknown)[];
  /** How long requests in flight may take to end. @default 20,000 */
  readonly drainTimeoutMs?: number;
  /** How long idle connections stay, so that a request on its way is answered and told to leave. @default 500 */
  readonly farewellMs?: number;
}

/** An open service. */
export interface Listening {
  readonly url: string;
  readonly internalUrl: string;
  /** Ends the service in phases; repeated calls share the first one's outcome. Rejects when a phase failed. */
  readonly close: () => Promise<void>;
}

/** Opens the internal and the public listener of a service. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { app, ready, host, port, internalPort, internalHost = "127.0.0.1", logger } = options;
  const readiness = new Readiness(ready);
  const { registry } = app.traffic;
  const { control = NO_GATES } = options;
  const internals = { registry, readiness, control };
  const internal = await openInternalListener(internals, internalHost, internalPort);
  const internalUrl = internal.url;
  try {
    const listenTextResolver = (url: string) => `Listening at ${url}, internally at ${internalUrl}`;
    const connections = new Connections(app.server, (socket) => app.traffic.isBusy(socket));
    const url = await app.listen({ host, port, listenTextResolver });
    let closing: Promise<void> | undefined;
    const phases = () => phasesOf(options, { readiness, internal, connections });
    const close = () => (closing ??= shutDown(phases(), logger));
    return { url, internalUrl, close };
  } catch (error) {
    await internal.closing.run();
    throw error;
  }
}

interface Parts {
  readonly readiness: Readiness;
  readonly internal: InternalListener;
  readonly connections: Connections;
}

function phasesOf(
  { app, onClose = [], drainTimeoutMs = 20_000, farewellMs = 500 }: ListenOptions,
  { readiness, internal, connections }: Parts,
): ShutdownPhase[] {
  let closed: Promise<unknown> | undefined;
  return [
    { name: "readiness", limitMs: 100, run: () => readiness.drain() },
    {
      name: "accepting",
      limitMs: 1_000,
      // Stops accepting at once; resolves when all connections have ended.
      run: () => {
        closed = closeApp(app, connections, farewellMs);
      },
    },
    {
      name: "requests",
      limitMs: drainTimeoutMs,
      run: () => closed,
      force: () => cutOff(app, closed),
    },
    ...resourcePhases(onClose),
    internal.closing,
  ];
}

// A request whose head is on its way when the close begins is still answered.
const HEAD_GRACE_MS = 1_000;

async function closeApp(app: App, connections: Connections, farewellMs: number): Promise<void> {
  const { server } = app;
  const startedAt = performance.now();
  // Node would call it at once, and a client that sends request after request would have one of them reset:
  // each answer from now on tells it to leave.
  const closeIdle = server.closeIdleConnections.bind(server);
  server.closeIdleConnections = () => undefined;
  // A connection that became idle after its last answer would otherwise stay for its keep-alive time, and one
  // on which a request never ends for as long as its client likes.
  const sweep = setInterval(() => {
    const elapsed = performance.now() - startedAt;
    if (elapsed >= farewellMs) closeIdle();
    if (elapsed >= HEAD_GRACE_MS) connections.closeUnanswered();
  }, 50);
  await app.close().finally(() => clearInterval(sweep));
}

const CUT_OFF_MS = 1_000;

/** Answers what is still in flight, then drops the connections. */
async function cutOff(app: App, closed: Promise<unknown> | undefined): Promise<void> {
  app.traffic.cancelAll(new SluiceError("SHUTTING_DOWN", "The instance is shutting down. Repeat."));
  const drop = setTimeout(() => app.server.closeAllConnections(), CUT_OFF_MS);
  await closed?.finally(() => clearTimeout(drop));
}
