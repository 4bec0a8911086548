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
  readonly outcomes: Outcome[];
  /** Requests on their way. */
  inFlight(): number;
  /** Lets the requests on their way end. */
  stop(): Promise<void>;
}

/** A client pauses this long after a refusal: not the whole Retry-After, but not at once either. */
const PAUSE_MS = 20;

/** `clients` that each send one request after the other, until stopped. */
export function startLoad(clients: number, request: () => Promise<Response>): Load {
  const outcomes: Outcome[] = [];
  let running = true;
  let inFlight = 0;
  const loop = async (): Promise<void> => {
    while (running) {
      inFlight += 1;
      const outcome = await observe(request);
      inFlight -= 1;
      outcomes.push(outcome);
      if (outcome.status !== 200) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  const loops = Array.from({ length: clients }, loop);
  return {
    outcomes,
    inFlight: () => inFlight,
    stop: async () => {
      running = false;
      await Promise.all(loops);
    },
  };
}

async function observe(request: () => Promise<Response>): Promise<Outcome> {
  const start = performance.now();
  const ended = (rest: Pick<Outcome, "status" | "code" | "retryAfter">): Outcome => {
    const endedAt = performance.now();
    return { ...rest, endedAt, tookMs: endedAt - start };
  };
  try {
    const response = await request();
    const body = await response.text();
    const code = response.ok ? undefined : (JSON.parse(body) as { code: string }).code;
    return ended({
      status: response.status,
      code,
      retryAfter: response.headers.get("retry-after"),
    });
  } catch (error) {
    return ended({ status: 0, code: String((error as Error).cause ?? error), retryAfter: null });
  }
}
