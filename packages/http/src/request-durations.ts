import { Histogram, type Registry } from "prom-client";

type Labels = "method" | "route" | "status";

// From an answer out of memory to the longest time-out of a gate.
const BUCKETS_SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** The histogram `http_request_duration_seconds`, with the child of each label set looked up once. */
export class RequestDurations {
  readonly #histogram: Histogram<Labels>;
  readonly #children = new Map<string, Histogram.Internal<Labels>>();

  constructor(registry: Registry) {
    this.#histogram = new Histogram({
      name: "http_request_duration_seconds",
      help: "Time from a request's head to the end of its answer",
      labelNames: ["method", "route", "status"],
      buckets: BUCKETS_SECONDS,
      registers: [registry],
    });
  }

  observe(method: string, route: string, status: number, seconds: number): void {
    const name = `${method} ${status} ${route}`;
    let child = this.#children.get(name);
    if (child === undefined) {
      child = this.#histogram.labels(method, route, String(status));
      this.#children.set(name, child);
    }
    child.observe(seconds);
  }
}
