import type { IncomingHttpHeaders } from "node:http";
import type { SluiceError } from "@sluice/errors";
import type { Principal } from "./route-config.ts";

/** Called once when the request has ended. */
export type Release = () => void;

/** What tenants may ask for. All of it is asked before a request's body is read. */
export interface Quotas {
  /** Counts a request. @throws SluiceError QUOTA_EXCEEDED */
  readonly admit: (principal: Principal) => Release | undefined | Promise<Release | undefined>;
  /** The tenant that a request claims to act for, as far as can be told at once; overload is shared out by it. */
  readonly tenantOf: (headers: IncomingHttpHeaders) => string | undefined;
  /** Why every request of the tenant is refused at present, without a look at it; undefined = they are not. */
  readonly refusalOf: (tenant: string) => SluiceError | undefined;
}
