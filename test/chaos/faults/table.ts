import type { LinkMode } from "../proxy/link-mode.ts";

export const SERVERS = ["postgres", "pgbouncer", "redis"] as const;
export type ServerName = (typeof SERVERS)[number];

/** Those that are under load. */
export const SERVICES = [
  "feature-api",
  "training-manager",
  "training-worker",
  "data-loader",
  "ops",
] as const;
export type ServiceName = (typeof SERVICES)[number];

export type PartName = ServerName | ServiceName;

export type LinkName = "services-pgbouncer" | "services-redis" | "pgbouncer-postgres";

/** What is done. `ms`: for how long; the others are over when what was struck serves again. */
export type Action =
  | { readonly kind: "kill"; readonly part: PartName }
  | { readonly kind: "pause"; readonly ms: number }
  | {
      readonly kind: "link";
      readonly link: LinkName;
      readonly mode: LinkMode;
      readonly ms: number;
    }
  | { readonly kind: "storm"; readonly clients: number; readonly ms: number }
  | { readonly kind: "reload"; readonly everyMs: number; readonly ms: number }
  | { readonly kind: "terminate"; readonly workload: "feature" | "training" | "sample" | "import" };

/** Something that goes wrong. */
export interface Fault {
  readonly name: string;
  readonly action: Action;
  /** Nobody may notice: no request is refused or broken. */
  readonly unnoticed: boolean;
}

const LINKS: readonly LinkName[] = ["services-pgbouncer", "services-redis", "pgbouncer-postgres"];
const MODES: Readonly<Record<string, LinkMode>> = {
  "100-ms": { kind: "delay", ms: 100 },
  "1-s": { kind: "delay", ms: 1_000 },
  reset: { kind: "reset" },
  "black-hole": { kind: "black-hole" },
};
const LINK_MS = 5_000;

/** Redis is never the truth, and a worker that died is missed by nobody who waits for an answer. */
const UNNOTICED_PARTS: ReadonlySet<PartName> = new Set(["redis", "training-worker"]);

/** Every experiment. infra/chaos/ has those of them that Chaos Mesh can make. */
export const FAULTS: readonly Fault[] = [
  ...[...SERVERS, ...SERVICES].map((part: PartName) =>
    fault(`${part}-killed`, { kind: "kill", part }, UNNOTICED_PARTS.has(part)),
  ),
  fault("pgbouncer-paused", { kind: "pause", ms: 10_000 }),
  ...LINKS.flatMap((link) =>
    Object.entries(MODES).map(([name, mode]) =>
      fault(
        `${link}-${name}`,
        { kind: "link", link, mode, ms: LINK_MS },
        link === "services-redis",
      ),
    ),
  ),
  fault("connection-storm", { kind: "storm", clients: 1_000, ms: LINK_MS }),
  fault("pgbouncer-reloads", { kind: "reload", everyMs: 100, ms: LINK_MS }, true),
  ...(["feature", "training", "sample", "import"] as const).map((workload) =>
    fault(`${workload}-backends-terminated`, { kind: "terminate", workload }),
  ),
];

function fault(name: string, action: Action, unnoticed = false): Fault {
  return { name, action, unnoticed };
}

/** The fault with its time, where it has one, shortened to `ms`. */
export function shortened({ action, ...fault }: Fault, ms: number): Fault {
  return { ...fault, action: "ms" in action ? { ...action, ms: Math.min(action.ms, ms) } : action };
}
