import type { App } from "@sluice/http";

/** Aborts as soon as the instance drains: streams end then, and their clients go on at another one. */
export function drainSignal(app: App): AbortSignal {
  const draining = new AbortController();
  app.addHook("preClose", async () => draining.abort());
  return draining.signal;
}
