import type { Queryable } from "@sluice/auth";
import { invalidArgument, type Page, type PageRequest, readPage } from "@sluice/http";
import { InvalidValue, parseInstant } from "@sluice/values";
import type { Static } from "typebox";
import {
  type AlertRow,
  type AlertState,
  listAlertPage,
  type ReportedAlert,
  upsertAlerts,
} from "./queries.ts";
import type { ReceiveAlertsBody } from "./schemas.ts";

type Message = Static<typeof ReceiveAlertsBody>;
type Told = Message["alerts"][number];

/** Stores what a message tells. @returns how many alerts. @throws SluiceError VALIDATION_FAILED */
export async function receiveAlerts(db: Queryable, message: Message): Promise<number> {
  const alerts = message.alerts.map((told, index) => readAlert(told, message.receiver, index));
  // Of one that is told twice the last counts.
  const byKey = new Map(
    alerts.map((alert) => [`${alert.fingerprint} ${alert.starts_at}`, alert] as const),
  );
  if (byKey.size > 0) await upsertAlerts(db, [...byKey.values()]);
  return byKey.size;
}

/** @throws SluiceError VALIDATION_FAILED for a bad limit or cursor. */
export function listAlerts(
  db: Queryable,
  { state, ...page }: PageRequest & { state?: AlertState | undefined },
): Promise<Page<AlertRow>> {
  return readPage(
    `alerts ${state ?? ""}`,
    page,
    ({ starts_at, fingerprint }: AlertRow) => `${starts_at} ${fingerprint}`,
    (keyset) => listAlertPage(db, { state, ...keyset }),
  );
}

function readAlert(told: Told, receiver: string, index: number): ReportedAlert {
  const { labels, annotations = {}, generatorURL = "", fingerprint } = told;
  const path = `/alerts/${index}`;
  requireText(path, [receiver, generatorURL, ...textsOf(labels), ...textsOf(annotations)]);
  const endsAt = told.endsAt ?? new Date().toISOString();
  return {
    fingerprint,
    starts_at: readTime(`${path}/startsAt`, told.startsAt),
    // While it fires the end is the year 1, or a guess of when it will be given up.
    ends_at: told.status === "firing" ? null : readTime(`${path}/endsAt`, endsAt),
    name: labels["alertname"] ?? "unnamed",
    severity: labels["severity"] ?? null,
    receiver,
    labels,
    annotations,
    generator_url: generatorURL,
  };
}

function textsOf(texts: Readonly<Record<string, string>>): string[] {
  return Object.entries(texts).flat();
}

function requireText(path: string, texts: readonly string[]): void {
  if (texts.every((text) => text.isWellFormed() && !text.includes("\0"))) return;
  throw invalidArgument(
    path,
    "holds U+0000 or half of a surrogate pair, which PostgreSQL cannot keep",
  );
}

function readTime(path: string, text: string): string {
  try {
    return parseInstant(text);
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    throw invalidArgument(path, `is no time: ${error.message}`);
  }
}
