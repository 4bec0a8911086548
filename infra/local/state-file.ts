import { rm } from "node:fs/promises";
import { replaceJson } from "./atomic-file.ts";
import type { Home } from "./home.ts";
import { readJson } from "./json-file.ts";

/** A process of the stack, and the word on its command line that proves it is. */
export interface RecordedPart {
  readonly pid: number;
  readonly word: string;
  readonly stopSignal: NodeJS.Signals;
}

/** What the supervisor leaves behind for those who come after it: `npm stop`, and the next start if it was killed. */
export interface SupervisorState {
  readonly phase: "starting" | "ready" | "stopping";
  readonly parts: Readonly<Record<string, RecordedPart>>;
}

export async function readState(home: Home): Promise<SupervisorState | undefined> {
  return await readJson<SupervisorState>(home.stateFile);
}

export async function writeState(home: Home, state: SupervisorState): Promise<void> {
  await replaceJson(home.stateFile, state);
}

/** Removes what says that the stack runs. */
export async function removeState(home: Home): Promise<void> {
  await rm(home.stackFile, { force: true });
  await rm(home.stateFile, { force: true });
}
