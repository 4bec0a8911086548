import { SluiceError } from "@sluice/errors";
import type { Quotas, Release } from "@sluice/http";
import type { Logger } from "@sluice/telemetry";
import type { Redis } from "ioredis";
import { Counter, type Registry } from "prom-client";
import type { Principal } from "../principal.ts";
import type { CredentialedRequest } from "../verify/authenticate.ts";
import { KnownTenants } from "./known-tenants.ts";
import { RateLimits } from "./rate-limits.ts";

export interface TenantQuotasOptions {
  /** Without it requests a second are not limited. Only its settings are used. */
  readonly redis?: Redis | undefined;
  /** Requests whose rate Redis has not counted by then are admitted. @default 50 */
  readonly redisTimeoutMs?: number;
  readonly logger: Logger;
  readonly registry: Registry;
}

const WARN_INTERVAL_MS = 10_000;

/**
 * Holds every tenant to its quotas: requests a second over all services, and requests at the same time in this process.
 * A platform key acts for no tenant and has no quota.
 */
export class TenantQuotas implements Quotas {
  readonly #known = new KnownTenants();
  readonly #inHand = new Map<string, number>();
  readonly #rates: RateLimits | undefined;
  readonly #logger: Logger;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor({ redis, redisTimeoutMs, logger, registry }: TenantQuotasOptions) {
    this.#logger = logger;
    const unchecked = new Counter({
      name: "quota_unchecked_total",
      help: "Requests admitted without being counted, because Redis did not answer",
      registers: [registry],
    });
    const onUnchecked = (error: unknown): void => {
      unchecked.inc();
      this.#warn(error);
    };
    this.#rates = redis && new RateLimits({ redis, redisTimeoutMs, onUnchecked });
  }

  /**
   * Admits one request of the principal's tenant.
   * @throws SluiceError QUOTA_EXCEEDED that names the quota.
   */
  admit(principal: Principal): Release | undefined | Promise<Release | undefined> {
    const { tenantId, quotas } = principal;
    this.#known.note(principal);
    if (tenantId === null) return undefined;
    const { requestsPerSecond, concurrentRequests } = quotas;
    const release =
      concurrentRequests === null ? undefined : this.#take(tenantId, concurrentRequests);
    if (requestsPerSecond === null || this.#rates === undefined) return release;
    return this.#rates.consume(tenantId, requestsPerSecond).then(
      () => release,
      (error: unknown) => {
        release?.();
        throw error;
      },
    );
  }

  /** The tenant that a request claims to act for, when its key was verified lately; proves nothing. */
  tenantOf(headers: CredentialedRequest["headers"]): string | undefined {
    return this.#known.of(headers);
  }

  /** What every request of the tenant is told at present; undefined = it is not over its rate, as far as is known. */
  refusalOf(tenant: string): SluiceError | undefined {
    return this.#rates?.refusalOf(tenant);
  }

  /** Closes the connection to Redis. Idempotent. */
  close(): void {
    this.#rates?.close();
  }

  #take(tenantId: string, limit: number): Release {
    const inHand = this.#inHand.get(tenantId) ?? 0;
    if (inHand >= limit) throw concurrencyExceeded(limit);
    this.#inHand.set(tenantId, inHand + 1);
    return () => this.#giveBack(tenantId);
  }

  #giveBack(tenantId: string): void {
    const left = (this.#inHand.get(tenantId) ?? 1) - 1;
    if (left === 0) this.#inHand.delete(tenantId);
    else this.#inHand.set(tenantId, left);
  }

  #warn(error: unknown): void {
    const now = performance.now();
    if (now - this.#warnedAt < WARN_INTERVAL_MS) return;
    this.#warnedAt = now;
    this.#logger.warn({ err: error }, "requests are admitted without their rate being counted");
  }
}

function concurrencyExceeded(limit: number): SluiceError {
  const detail = `The tenant may have ${limit} requests in hand at a time. Wait for one to be answered, or ask for a higher quota.`;
  return new SluiceError("QUOTA_EXCEEDED", detail, {
    extra: { quota: "concurrent_requests", limit },
  });
}
