export type { Database, Query, RunOptions } from "./database.ts";
export { type DatabaseOptions, type OpenDatabase, openDatabase } from "./open-database.ts";
export {
  Gate,
  type AcquireOptions,
  type GateLimits,
  type GateOptions,
  type GateStatus,
} from "./gate.ts";
export type { Lease } from "./lease.ts";
export { type PoolMeter, PoolMetrics } from "./metrics.ts";
export { parameterText, rfc3339 } from "./pg-values.ts";
export { Slot, type SlotOptions } from "./slot.ts";
export { codeOf, isUniqueViolation } from "./sqlstate.ts";
