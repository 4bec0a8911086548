import { SluiceError } from "@sluice/errors";
import { Gauge, type Registry } from "prom-client";
import type { Hint } from "../hints/hint.ts";
import type { HintListener } from "../hints/hints.ts";
import { Follower } from "./follower.ts";

/** Streams of one instance; each holds a connection and some 10 kB. */
const MAX_FOLLOWERS = 5_000;

/** How often every stream looks whether hints were given or not. */
const LOOK_EVERY_MS = 2_000;

/**
 * All event streams of this instance, by the job that they follow. They wait without a timer of their own: one tick
 * wakes them all, so that their reads go together.
 */
export class Followers implements HintListener {
  readonly #byJob = new Map<string, Set<Follower>>();
  #size = 0;
  #tick: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(registry: Registry) {
    const size = (): number => this.#size;
    new Gauge({
      name: "event_streams",
      help: "Open streams of jobs' events",
      registers: [registry],
      collect() {
        this.set(size());
      },
    });
  }

  /** Whoever follows has to `leave`. @throws SluiceError POOL_SATURATED when too many do */
  follow(jobId: string, after: number): Follower {
    if (this.#size >= MAX_FOLLOWERS) throw full();
    const follower = new Follower(jobId, after);
    const peers = this.#byJob.get(jobId) ?? new Set();
    this.#byJob.set(jobId, peers.add(follower));
    this.#size += 1;
    this.#tick ??= setInterval(() => this.onGap(), LOOK_EVERY_MS);
    if (this.#isClosed) follower.end();
    return follower;
  }

  leave(follower: Follower): void {
    const peers = this.#byJob.get(follower.jobId);
    if (!peers?.delete(follower)) return;
    follower.end();
    this.#size -= 1;
    if (peers.size === 0) this.#byJob.delete(follower.jobId);
    if (this.#size > 0) return;
    clearInterval(this.#tick);
    this.#tick = undefined;
  }

  onHint({ jobId, sequence }: Hint): void {
    for (const follower of this.#byJob.get(jobId) ?? []) {
      if (follower.after < sequence) follower.wake();
    }
  }

  onGap(): void {
    for (const follower of this.#all()) follower.wake();
  }

  /** Ends every stream, those that are opened later too: their clients go on elsewhere with the last id. */
  close(): void {
    this.#isClosed = true;
    for (const follower of this.#all()) follower.end();
  }

  *#all(): Iterable<Follower> {
    for (const peers of this.#byJob.values()) yield* peers;
  }
}

function full(): SluiceError {
  const detail = `This instance has ${MAX_FOLLOWERS} event streams open, as many as it takes. Repeat later, or read the log in pages.`;
  return new SluiceError("POOL_SATURATED", detail, { retryAfterSeconds: 5 });
}
