import { SluiceError } from "@sluice/errors";
import { KEEP_ALIVE, eventText, stringifyJson } from "@sluice/http";
import type { Follower } from "./follower.ts";
import { type Continuation, CONTINUATION_ROWS, type Transition } from "./queries.ts";

/** Proxies close connections that are silent for longer; looked at whenever the stream is woken. */
const KEEP_ALIVE_MS = 14_000;

const NOTHING: Continuation = { transitions: [], isLast: false };

/**
 * The texts of a job's event stream: what `first` holds, then whatever follows, until the job has ended or the follower
 * is over. Each read begins after the last transition that was sent, so that none is missing or sent twice, whether
 * the follower is woken once, often or for nothing.
 */
export async function* transitionStream(
  first: Continuation,
  follower: Follower,
  readOn: () => Promise<Continuation>,
): AsyncGenerator<string> {
  let sentAt = Number.NEGATIVE_INFINITY;
  for (let next = first; ; next = await unlessBusy(readOn)) {
    const { transitions, isLast } = next;
    follower.after = transitions.at(-1)?.sequence ?? follower.after;
    const isSilent = performance.now() - sentAt >= KEEP_ALIVE_MS;
    const text = transitions.map(textOf).join("") || (isSilent ? KEEP_ALIVE : "");
    if (text !== "") {
      yield text;
      sentAt = performance.now();
    }
    if (isLast) return;
    const hasMore = transitions.length === CONTINUATION_ROWS;
    if (!hasMore && !(await follower.woken())) return;
  }
}

function textOf(transition: Transition): string {
  return eventText("transition", transition.sequence, stringifyJson(transition));
}

/** While the database is away or overloaded a stream stays: it reads on with the next tick. */
async function unlessBusy(readOn: () => Promise<Continuation>): Promise<Continuation> {
  try {
    return await readOn();
  } catch (error) {
    if (error instanceof SluiceError && error.status === 503) return NOTHING;
    throw error;
  }
}
