import type { Counters } from "./counters.ts";
import type { Figures } from "./settings.ts";

/** What a change is tried on. */
export interface Subject {
  /** The one instance that it is tried on first. */
  readonly canary: string;
  /** The canary's present values of the settings that change. */
  current(names: readonly string[]): Promise<Figures>;
  /** What the canary has counted so far. */
  counters(): Promise<Counters>;
  /** Changes the canary alone, for now. */
  apply(settings: Figures): Promise<void>;
  /** Gives the canary its former settings again, and everybody whom a roll-out that was interrupted had reached. */
  putBack(previous: Figures): Promise<void>;
  /** Changes all instances, for good. */
  rollOut(settings: Figures, previous: Figures): Promise<void>;
}

export function pick(figures: object, names: readonly string[]): Figures {
  const all = figures as Readonly<Record<string, unknown>>;
  return Object.fromEntries(names.map((name) => [name, Number(all[name])]));
}
