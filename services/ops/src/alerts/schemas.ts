import { PageQuery } from "@sluice/http";
import { Type } from "typebox";
import { nullable } from "../nullable.ts";

const Text = Type.String();
const Time = Type.String({ format: "date-time" });
const Texts = Type.Record(Type.String(), Type.String());

/** Alertmanager's webhook, version 4 (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config). */
export const ReceiveAlertsBody = Type.Object(
  {
    receiver: Type.String({ maxLength: 1_000 }),
    alerts: Type.Array(
      Type.Object({
        status: Type.Enum(["firing", "resolved"]),
        labels: Texts,
        annotations: Type.Optional(Texts),
        startsAt: Time,
        endsAt: Type.Optional(Time),
        generatorURL: Type.Optional(Text),
        fingerprint: Type.String({ pattern: "^[0-9A-Za-z_-]{1,64}$" }),
      }),
      { maxItems: 10_000 },
    ),
  },
  {
    examples: [
      {
        version: "4",
        status: "firing",
        receiver: "sluice",
        alerts: [
          {
            status: "firing",
            labels: { alertname: "ClientsWaitInPgBouncer", severity: "critical" },
            annotations: { summary: "12 clients of sluice_training wait" },
            startsAt: "2026-01-02T03:04:05.000Z",
            endsAt: "0001-01-01T00:00:00Z",
            generatorURL: "http://prometheus:9090/graph",
            fingerprint: "5ef77f1f8a3ecb8d",
          },
        ],
      },
    ],
  },
);

export const ReceivedAnswer = Type.Object(
  { received: Type.Integer({ minimum: 0 }) },
  { description: "They are stored" },
);

export const AlertsQuery = Type.Object({
  ...PageQuery.properties,
  state: Type.Optional(Type.Enum(["firing", "resolved"])),
});

const Alert = Type.Object({
  fingerprint: Text,
  name: Text,
  severity: nullable(Text),
  state: Type.Enum(["firing", "resolved"]),
  starts_at: Time,
  ends_at: nullable(Time),
  labels: Texts,
  annotations: Texts,
  generator_url: Text,
  receiver: Text,
  received_at: Time,
  updated_at: Time,
});

export const AlertPage = Type.Object(
  { items: Type.Array(Alert), next_cursor: nullable(Text) },
  { description: "Alerts, those that began last first" },
);
