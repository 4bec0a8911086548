import { setTimeout as sleep } from "node:timers/promises";
import { Patience } from "../trainers/patience.ts";

/** What became of one request. */
export interface Outcome {
  /** HTTP status, or 0 when the connection broke. */
  readonly status: number;
  readonly code: string | undefined;
  readonly retryAfter: string | null;
  /** `performance.now()` milliseconds. */
  readonly endedAt: number;
  readonly tookMs: number;
}

export interface Load {
  readonly outcomes: readonly Outcome[];
  /** When each request that is on its way was sent. */
  inFlight(): readonly number[];
  /** Lets the requests on their way end. */
  stop(): Promise<void>;
}

/** What a load looks at of an answer. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly json: () => { readonly code: string };
}

const PROBE_PAUSE_MS = 20;
/** Milliseconds until a client's next request, which its last one decides. */
type Pause = (last: Outcome) => number;

export function isSuccess({ status }: Pick<Outcome, "status">): boolean {
  return status >= 200 && status < 300;
}

/**
 * `clients` that each send one request after the other, until stopped, and wait after a refusal as they are told.
 * `request` gets the client's number.
 * @param pauseMs of a client between two requests
 */
export function startLoad(
  clients: number,
  request: (client: number) => Promise<Answered>,
  pauseMs = 0,
): Load {
  return repeat(clients, request, () => {
    const patience = new Patience();
    return (last) => Math.max(pauseMs, patience.after(last));
  });
}

/** One client that comes back at once whatever it was told, so that it sees to 20 ms when there are answers again. */
export function startProbe(request: () => Promise<Answered>): Load {
  return repeat(1, request, () => () => PROBE_PAUSE_MS);
}

function repeat(
  clients: number,
  request: (client: number) => Promise<Answered>,
  makePause: () => Pause,
): Load {
  const outcomes: Outcome[] = [];
  const sentAt = new Map<number, number>();
  const stopping = new AbortController();
  const { signal } = stopping;
  const loop = async (client: number): Promise<void> => {
    const pauseAfter = makePause();
    while (!signal.aborted) {
      sentAt.set(client, performance.now());
      const outcome = await observe(() => request(client));
      sentAt.delete(client);
      outcomes.push(outcome);
      await sleep(pauseAfter(outcome), undefined, { signal }).catch(() => undefined);
    }
  };
  const loops = Array.from({ length: clients }, (_, client) => loop(client));
  return {
    outcomes,
    inFlight: () => [...sentAt.values()],
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

async function observe(request: () => Promise<Answered>): Promise<Outcome> {
  const start = performance.now();
  const ended = (rest: Pick<Outcome, "status" | "code" | "retryAfter">): Outcome => {
    const endedAt = performance.now();
    return { ...rest, endedAt, tookMs: endedAt - start };
  };
  try {
    const { status, headers, json } = await request();
    const code = isSuccess({ status }) ? undefined : json().code;
    return ended({ status, code, retryAfter: headers.get("retry-after") });
  } catch (error) {
    return ended({ status: 0, code: String((error as Error).cause ?? error), retryAfter: null });
  }
}
