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

/** A client pauses this long after a refusal: not the whole Retry-After, but not at once either. */
const REFUSED_PAUSE_MS = 20;

export function isSuccess({ status }: Pick<Outcome, "status">): boolean {
  return status >= 200 && status < 300;
}

/**
 * `clients` that each send one request after the other, until stopped. `request` gets the client's number.
 * @param pauseMs of a client between two requests
 */
export function startLoad(
  clients: number,
  request: (client: number) => Promise<Answered>,
  pauseMs = 0,
): Load {
  const outcomes: Outcome[] = [];
  const sentAt = new Map<number, number>();
  let running = true;
  const loop = async (client: number): Promise<void> => {
    while (running) {
      sentAt.set(client, performance.now());
      const outcome = await observe(() => request(client));
      sentAt.delete(client);
      outcomes.push(outcome);
      const pause = isSuccess(outcome) ? pauseMs : Math.max(pauseMs, REFUSED_PAUSE_MS);
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };
  const loops = Array.from({ length: clients }, (_, client) => loop(client));
  return {
    outcomes,
    inFlight: () => [...sentAt.values()],
    stop: async () => {
      running = false;
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
