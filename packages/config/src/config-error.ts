/** One environment variable that a process cannot start with. */
export interface ConfigFault {
  readonly name: string;
  /** What is wrong; never the value, which may be a secret. */
  readonly problem: string;
  /** What was expected instead. */
  readonly expected: string;
}

/** The environment does not fit; the message lists every fault, so that one look is enough. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    const lines = faults.map((f) => `  ${f.name} ${f.problem}; expected ${f.expected}`);
    super(`The environment is not valid:\n${lines.join("\n")}`);
    this.faults = faults;
  }
}
