import { isTerminal, type JobStatus, REASONS, STATUSES, TRANSITIONS } from "./state-machine.ts";

const HEAD = `<!-- Generated from services/training-manager/src/transitions/state-machine.ts by \`npm run generate\`; do not edit. -->

# States of a job

Every change of state is one compare-and-set statement over this table, and one row of the job's log. What the table
does not have is refused with 409 \`INVALID_STATE_TRANSITION\`; terminal states never change.
`;

const MEANINGS: Readonly<Record<JobStatus, string>> = {
  pending: "Waits to be claimed.",
  running: "An attempt works on it, and its ranks send heartbeats.",
  retrying: "The last attempt failed or was lost; the next one may begin after a pause.",
  cancelling: "Somebody cancelled it; its ranks are told with their next heartbeats.",
  succeeded: "The attempt reported success.",
  failed: "The last attempt that was allowed failed, or was lost.",
  cancelled: "It was cancelled before it ended.",
};

/** The text of docs/job-states.md: the machine as a picture and as tables. */
export function renderStatesDoc(): string {
  const arrows = TRANSITIONS.map(({ event, from, to }) => `  ${from} --> ${to}: ${event}`);
  const ends = STATUSES.filter(isTerminal).map((status) => `  ${status} --> [*]`);
  const states = STATUSES.map((status) => `| \`${status}\` | ${MEANINGS[status]} |`);
  const transitions = TRANSITIONS.map(
    ({ event, from, to, attemptsLeft }) =>
      `| ${event} | \`${from}\` | \`${to}\` | ${conditionOf(attemptsLeft)} | \`${REASONS[event]}\` |`,
  );
  return [
    HEAD,
    [
      "```mermaid",
      "stateDiagram-v2",
      "  [*] --> pending: create",
      ...arrows,
      ...ends,
      "```",
      "",
    ].join("\n"),
    ["| state | meaning |", "| --- | --- |", ...states, ""].join("\n"),
    [
      "| event | from | to | if | reason in the log |",
      "| --- | --- | --- | --- | --- |",
      ...transitions,
      "",
    ].join("\n"),
  ].join("\n");
}

function conditionOf(attemptsLeft: boolean | undefined): string {
  if (attemptsLeft === undefined) return "";
  return attemptsLeft ? "attempts are left" : "no attempt is left";
}
