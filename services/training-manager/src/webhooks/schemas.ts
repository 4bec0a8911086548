import { RESOURCE_NAME } from "@sluice/http";
import { Type } from "typebox";
import { TEXT } from "../jobs/schemas.ts";
import { STATUSES } from "../transitions/state-machine.ts";

/** What webhooks can be told of: that a job entered a state, or that its steps stand still. */
const EVENTS = [...STATUSES, "hung"] as const;

const Events = Type.Array(Type.Enum([...EVENTS]), {
  minItems: 1,
  uniqueItems: true,
  description: "States whose entry is told, and `hung`",
});

export const WebhookParams = Type.Object({
  project: Type.String(),
  webhook: Type.String({ pattern: RESOURCE_NAME }),
});

export const PutWebhookBody = Type.Object(
  {
    // What a URL is made of, without the characters that would have to be escaped.
    url: Type.String({ maxLength: 2_000, pattern: "^https?://[\\x21-\\x7E]+$" }),
    events: Events,
    secret: Type.String({
      minLength: 16,
      maxLength: 200,
      pattern: TEXT,
      description: "Deliveries are signed with it. It is never shown.",
    }),
  },
  {
    examples: [
      {
        url: "https://hooks.example.com/sluice",
        events: ["succeeded", "failed"],
        secret: "at-least-16-characters",
      },
    ],
  },
);

export const WebhookAnswer = Type.Object(
  {
    name: Type.String(),
    url: Type.String(),
    events: Type.Array(Type.String()),
    created_at: Type.String({ format: "date-time" }),
    updated_at: Type.String({ format: "date-time" }),
  },
  { description: "The webhook, without its secret" },
);

export const WebhookPage = Type.Object(
  { items: Type.Array(WebhookAnswer), next_cursor: Type.Union([Type.String(), Type.Null()]) },
  { description: "Webhooks in order of name" },
);
export const WebhookDeleted = Type.Null({
  description: "It is gone; what it was to be told of is dropped",
});
