import type { Check, Fault } from "../check.ts";

const TIMEOUT_MS = 3_000;

export const services: Check = {
  code: "SERVICE_NOT_READY",
  why: "A service that is not ready gets no requests from a load balancer.",
  async find({ urls }) {
    const all = Object.entries(urls.services).map(([name, url]) => look(name, url));
    return (await Promise.all(all)).flat();
  },
};

async function look(name: string, url: string): Promise<Fault[]> {
  const state = await fetch(`${url}/health/ready`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).then(
    async (response) => {
      await response.body?.cancel();
      return response.ok ? undefined : `answers ${response.status}`;
    },
    () => "does not answer",
  );
  if (state === undefined) return [];
  return [
    {
      what: `${name} at ${url} ${state}.`,
      todo: "Its log says why; it is not ready while its database is gone or while it shuts down.",
    },
  ];
}
