import { createHmac } from "node:crypto";

/**
 * The header `x-sluice-signature`: `t=<unix seconds>,v1=<hex HMAC-SHA256 of t + "." + body>`, keyed with the webhook's
 * secret. A receiver computes the same over the bytes that it got and refuses what is too old.
 */
export function signatureOf(secret: string, unixSeconds: number, body: string): string {
  const digest = createHmac("sha256", secret).update(`${unixSeconds}.${body}`).digest("hex");
  return `t=${unixSeconds},v1=${digest}`;
}
