import { SluiceError } from "@sluice/errors";
import { Gauge, type Registry } from "prom-client";
import { freesPlace, type Hint } from "../hints/hint.ts";
import type { HintListener } from "../hints/hints.ts";
import { ClaimLine, type Patience } from "./claim-line.ts";
import type { ClaimScope } from "./queries.ts";

/** Claims that wait on one instance; each holds a connection. */
const MAX_WAITING = 5_000;

/** All claims of this instance that wait, in one line for each scope. */
export class ClaimLines implements HintListener {
  readonly #byTenant = new Map<string, Map<string, ClaimLine>>();
  #waiting = 0;
  #isClosed = false;

  constructor(registry: Registry) {
    const waiting = (): number => this.#waiting;
    new Gauge({
      name: "claim_waiters",
      help: "Claims that wait for a job",
      registers: [registry],
      collect() {
        this.set(waiting());
      },
    });
  }

  /**
   * Carries a claim out: at once when nobody waits for the same, else behind those who do; then as often as needed
   * until it finds something or the time is over.
   * @throws SluiceError POOL_SATURATED when too many wait; what `attempt` throws
   */
  async claim<T>(
    scope: ClaimScope,
    attempt: () => Promise<T | undefined>,
    patience: Patience,
  ): Promise<T | undefined> {
    if (this.#isClosed || patience.until <= performance.now()) return attempt();
    const found = this.#find(scope) === undefined ? await attempt() : undefined;
    if (found !== undefined || this.#isClosed) return found;
    if (this.#waiting >= MAX_WAITING) throw full();
    return this.#wait(scope, attempt, patience);
  }

  /** A job can be claimed, or the tenant may run one more. */
  onHint(hint: Hint): void {
    const lines = this.#byTenant.get(hint.tenantId);
    if (lines === undefined) return;
    for (const line of lines.values()) {
      if (freesPlace(hint) || isOffered(hint, line.scope)) line.wake();
    }
  }

  onGap(): void {
    for (const line of this.#all()) line.wake();
  }

  /** Has everybody answered, those who come later too: their clients claim elsewhere. */
  close(): void {
    this.#isClosed = true;
    for (const line of this.#all()) line.end();
  }

  async #wait<T>(
    scope: ClaimScope,
    attempt: () => Promise<T | undefined>,
    patience: Patience,
  ): Promise<T | undefined> {
    const line = this.#find(scope) ?? this.#add(scope);
    this.#waiting += 1;
    try {
      return await line.wait(attempt, patience);
    } finally {
      this.#waiting -= 1;
      if (line.length === 0) this.#drop(line);
    }
  }

  #find(scope: ClaimScope): ClaimLine | undefined {
    return this.#byTenant.get(scope.tenantId)?.get(keyOf(scope));
  }

  #add(scope: ClaimScope): ClaimLine {
    const line = new ClaimLine(scope);
    const lines = this.#byTenant.get(scope.tenantId) ?? new Map<string, ClaimLine>();
    this.#byTenant.set(scope.tenantId, lines.set(keyOf(scope), line));
    return line;
  }

  /** Unless another line has taken its place since it became empty. */
  #drop(line: ClaimLine): void {
    const { scope } = line;
    if (this.#find(scope) !== line) return;
    const lines = this.#byTenant.get(scope.tenantId);
    lines?.delete(keyOf(scope));
    if (lines?.size === 0) this.#byTenant.delete(scope.tenantId);
  }

  *#all(): Iterable<ClaimLine> {
    for (const lines of this.#byTenant.values()) yield* lines.values();
  }
}

function keyOf({ projectId, queues }: ClaimScope): string {
  return `${projectId ?? ""}/${queues?.toSorted().join() ?? ""}`;
}

function isOffered({ to, projectId, queue }: Hint, scope: ClaimScope): boolean {
  return (
    to === "pending" &&
    (scope.projectId === null || scope.projectId === projectId) &&
    (scope.queues === undefined || scope.queues.includes(queue))
  );
}

function full(): SluiceError {
  const detail = `On this instance ${MAX_WAITING} claims wait already. Repeat later, or claim without wait_seconds.`;
  return new SluiceError("POOL_SATURATED", detail, { retryAfterSeconds: 1 });
}
