import type { Logger } from "@sluice/telemetry";

/** Anything that ends in an orderly way. */
export interface Closable {
  readonly close: () => Promise<void>;
}

/**
 * Runs a process until SIGTERM or SIGINT, closes `service` and exits with 0, or with 1 when the
 * close was not clean. A second signal exits at once. An error that nobody caught is fatal.
 */
export function runUntilSignal(service: Closable, logger: Logger): void {
  process.on("uncaughtException", (err) => die(err, "uncaught exception", logger));
  process.on("unhandledRejection", (err) => die(err, "unhandled rejection", logger));
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) exit(logger, 1, `${signal} again: exiting at once`);
    stopping = true;
    logger.info({ signal }, "stopping");
    service.close().then(
      () => exit(logger, 0, "stopped"),
      (err: unknown) => die(err, "the shutdown failed", logger),
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

function die(err: unknown, message: string, logger: Logger): never {
  logger.fatal({ err }, message);
  process.exit(1);
}

function exit(logger: Logger, code: 0 | 1, message: string): never {
  logger.info(message);
  process.exit(code);
}
