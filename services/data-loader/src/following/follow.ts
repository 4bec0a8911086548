import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "@sluice/errors";
import { eventText, KEEP_ALIVE, stringifyJson } from "@sluice/http";

/** Pauses between two looks double from the first to the last. */
const FIRST_PAUSE_MS = 10;
const LAST_PAUSE_MS = 500;
/** Proxies close connections that are silent for longer. */
const KEEP_ALIVE_MS = 14_000;

/** A row that somebody changes until it has ended. */
export interface FollowedRow {
  /** Another one after each change. */
  readonly updated_at: string;
}

/** What is followed, and how. */
export interface Subject<Row extends FollowedRow> {
  readonly first: Row;
  /** Reads the row again; undefined: it is gone. */
  readonly look: () => Promise<Row | undefined>;
  readonly hasEnded: (row: Row) => boolean;
}

/** A row as it is, again and again until it has ended or the signal aborts. Nothing is held between two looks. */
export async function* follow<Row extends FollowedRow>(
  { first, look, hasEnded }: Subject<Row>,
  signal: AbortSignal,
): AsyncGenerator<Row> {
  let row = first;
  yield row;
  for (let pause = FIRST_PAUSE_MS; !hasEnded(row); pause = Math.min(2 * pause, LAST_PAUSE_MS)) {
    await sleep(pause, undefined, { signal }).catch(() => undefined); // aborted, which is seen next
    if (signal.aborted) return;
    const next = await lookAgain(look, row);
    if (next === undefined) return;
    row = next;
    yield row;
  }
}

/** While the database is away or overloaded a row is what it was. */
async function lookAgain<Row>(
  look: () => Promise<Row | undefined>,
  row: Row,
): Promise<Row | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof SluiceError && error.status === 503) return row;
    throw error;
  }
}

/** The texts of an event stream: one event for each change that was seen, the last of them the end. */
export async function* eventTexts<Row extends FollowedRow>(
  event: string,
  rows: AsyncIterable<Row>,
  render: (row: Row) => object,
): AsyncGenerator<string> {
  let shown = "";
  let sentAt = Number.NEGATIVE_INFINITY;
  for await (const row of rows) {
    const isSilent = performance.now() - sentAt >= KEEP_ALIVE_MS;
    if (row.updated_at === shown && !isSilent) continue;
    yield row.updated_at === shown
      ? KEEP_ALIVE
      : eventText(event, row.updated_at, stringifyJson(render(row)));
    shown = row.updated_at;
    sentAt = performance.now();
  }
}
