import type { FeatureView } from "../views/view.ts";
import { toMilliseconds } from "@sluice/values";

/** Seconds since a row's event time; negative when that is in the future. */
export function ageSeconds(eventTime: string, nowMs: number): number {
  return (nowMs - toMilliseconds(eventTime)) / 1_000;
}

/** Whether values of this age have outlived the view's TTL. No TTL, or 0, means never. */
export function isExpired(view: FeatureView, age: number): boolean {
  const ttl = view.definition.ttl_seconds;
  return ttl !== null && ttl > 0 && age > ttl;
}
