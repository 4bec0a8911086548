export type { CallOptions } from "./caller.ts";
export { type CoalesceMeter, coalesceMeter } from "./coalesce-meter.ts";
export { type BatchOptions, ReadCoalescer, type ReadCoalescerOptions } from "./read-coalescer.ts";
export { type Write, WriteCoalescer, type WriteCoalescerOptions } from "./write-coalescer.ts";
