import type { Logger } from "@sluice/telemetry";
import type { Registry } from "prom-client";
import { NO_GATES } from "./gate-control.ts";
import { openInternalListener } from "./internal-listener.ts";
import type { ListenOptions } from "./listen.ts";
import { Readiness } from "./readiness.ts";
import type { Closable } from "./run-until-signal.ts";
import { resourcePhases, shutDown } from "./shutdown.ts";

/** What `listenInternally` opens, and what it closes at the end. */
export interface ListenInternallyOptions extends Pick<
  ListenOptions,
  "ready" | "internalPort" | "internalHost" | "control" | "onClose"
> {
  readonly registry: Registry;
  readonly logger: Logger;
}

/** Opens the internal listener of a process that answers no requests: /metrics and /health. */
export async function listenInternally(
  options: ListenInternallyOptions,
): Promise<Closable & { readonly internalUrl: string }> {
  const { registry, ready, internalPort, internalHost = "127.0.0.1", logger } = options;
  const readiness = new Readiness(ready);
  const { control = NO_GATES } = options;
  const internals = { registry, readiness, control };
  const internal = await openInternalListener(internals, internalHost, internalPort);
  logger.info(`Listening internally at ${internal.url}`);
  const phases = [
    { name: "readiness", limitMs: 100, run: () => readiness.drain() },
    ...resourcePhases(options.onClose ?? []),
    internal.closing,
  ];
  let closing: Promise<void> | undefined;
  return { internalUrl: internal.url, close: () => (closing ??= shutDown(phases, logger)) };
}
