/** What the supervisor tells the command that started it. */
export type Report =
  | { readonly kind: "news"; readonly line: string }
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "taken" };

/** What that command tells the supervisor: go on without me. Without it, losing the command means to stop. */
export const RELEASE = "release";

/** Sends a report, if anybody still listens. */
export function report(message: Report): void {
  if (process.connected !== true) return;
  process.send?.(message, undefined, undefined, () => undefined); // the listener may leave at any moment
}
