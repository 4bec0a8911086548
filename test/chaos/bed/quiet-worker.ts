import { readStack } from "@sluice/testing";

/**
 * The stack's own worker would carry out retries past the proxies: it stands still until the disposal.
 */
export function quietWorker(): Disposable {
  const { pid } = readStack().services["training-worker"]!;
  process.kill(pid, "SIGSTOP");
  return { [Symbol.dispose]: () => void process.kill(pid, "SIGCONT") };
}
