import { stringifyJson } from "@sluice/http";
import type { OutboxRef } from "../outbox/outbox-queue.ts";
import type { Queryable } from "../transitions/queries.ts";
import { DeliveryFailed } from "./delivery-failed.ts";
import { post, type PostOptions } from "./post.ts";
import { type Delivery, findDelivery } from "./queries.ts";
import { signatureOf } from "./signature.ts";

/**
 * Tells a receiver of an event. Nothing is sent when the row was dealt with, or its webhook was deleted meanwhile.
 * @throws DeliveryFailed unless the answer's status is 2xx
 */
export async function deliver(db: Queryable, ref: OutboxRef, options: PostOptions): Promise<void> {
  const delivery = await findDelivery(db, ref);
  if (delivery === undefined) return;
  const body = renderEvent(delivery, ref);
  const headers = {
    "content-type": "application/json",
    "user-agent": "sluice-webhooks",
    "x-sluice-event": String(delivery.payload["event"]),
    "x-sluice-delivery": ref.outboxId,
    "x-sluice-signature": signatureOf(delivery.secret, Math.floor(Date.now() / 1_000), body),
  };
  const status = await post(new URL(delivery.url), headers, body, options);
  if (status < 200 || status > 299) throw new DeliveryFailed(`The receiver answered ${status}.`);
}

/** The body: what happened to which job, and the id by which receivers tell a repetition. */
function renderEvent({ project, job_id, at, payload }: Delivery, { outboxId }: OutboxRef): string {
  const { event, sequence, attempt, from, to, reason, message, webhook } = payload;
  return stringifyJson({
    event,
    job_id,
    project,
    sequence,
    attempt,
    from,
    to,
    reason,
    message,
    at,
    webhook,
    delivery_id: outboxId,
  });
}
