/** A service that the local stack runs. */
export interface ServiceEntry {
  readonly name: string;
  /** From the root of the clone. */
  readonly main: string;
  /** Its public port, counted from the port base; the internal one is 1000 higher. */
  readonly offset: number;
  /** It answers no requests and has the internal port alone. */
  readonly internalOnly?: true;
}

/** The services, in the order in which they are started. Their gates stand in workloads.yaml. */
export const SERVICES: readonly ServiceEntry[] = [
  { name: "feature-api", main: "services/feature-api/src/main.ts", offset: 1 },
  { name: "training-manager", main: "services/training-manager/src/main.ts", offset: 2 },
  { name: "data-loader", main: "services/data-loader/src/main.ts", offset: 3 },
  { name: "ops", main: "services/ops/src/main.ts", offset: 4 },
  {
    name: "training-worker",
    main: "services/training-manager/src/worker.ts",
    offset: 5,
    internalOnly: true,
  },
];
