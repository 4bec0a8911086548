import type { Installation } from "./installation.ts";

/** One place where the installation is not as it should be. */
export interface Fault {
  readonly what: string;
  /** What to do about it: a command, where there is one. */
  readonly todo: string;
}

/** One thing that the doctor looks at. It changes nothing. */
export interface Check {
  /** Names the hazard: stable, for programs. */
  readonly code: string;
  /** Why it matters. */
  readonly why: string;
  readonly find: (installation: Installation) => Promise<Fault[]>;
}
