import {
  type Action,
  type Fault,
  FAULTS,
  type LinkName,
  type PartName,
  SERVICES,
} from "@sluice/test/faults";
import { stringify } from "yaml";

const NAMESPACE = "sluice";
/** Their pods are told apart by this label. */
const LABEL = "app.kubernetes.io/name";

/** The pods at both ends of a link. */
const ENDS: Readonly<Record<LinkName, readonly [from: readonly PartName[], to: PartName]>> = {
  "services-pgbouncer": [SERVICES, "pgbouncer"],
  "services-redis": [SERVICES, "redis"],
  "pgbouncer-postgres": [["pgbouncer"], "postgres"],
};

const HEAD = `# Generated from test/chaos/faults/table.ts by \`npm run generate\`; do not edit.
# The faults of \`npm run chaos\` that Chaos Mesh can make, in namespace ${NAMESPACE}, on pods labelled ${LABEL}.
# It has neither PgBouncer's console nor SQL, and resets no TCP connection, so that these are left to \`npm run chaos\`:`;

/** The experiments as manifests of Chaos Mesh 2, one document each; those that it cannot make are named. */
export function renderChaosMesh(): string {
  const rendered = FAULTS.map((fault) => [fault.name, manifestOf(fault)] as const);
  const missing = rendered.flatMap(([name, manifest]) => (manifest ? [] : [`#   ${name}`]));
  const documents = rendered.flatMap(([, manifest]) => (manifest ? [stringify(manifest)] : []));
  return [HEAD, ...missing, ...documents.map((document) => `---\n${document.trimEnd()}`), ""].join(
    "\n",
  );
}

function manifestOf({ name, action }: Fault): object | undefined {
  const chaos = chaosOf(action);
  if (chaos === undefined) return undefined;
  const { kind, spec } = chaos;
  const metadata = { name, namespace: NAMESPACE };
  return { apiVersion: "chaos-mesh.org/v1alpha1", kind, metadata, spec };
}

function chaosOf(action: Action): { kind: string; spec: object } | undefined {
  if (action.kind === "kill") {
    const spec = {
      action: "pod-kill",
      mode: "one",
      gracePeriod: 0,
      selector: selectorOf([action.part]),
    };
    return { kind: "PodChaos", spec };
  }
  if (action.kind !== "link" || action.mode.kind === "reset") return undefined;
  const [from, to] = ENDS[action.link];
  const spec = {
    ...effectOf(action.mode),
    mode: "all",
    selector: selectorOf(from),
    direction: "both",
    target: { mode: "all", selector: selectorOf([to]) },
    duration: `${action.ms}ms`,
  };
  return { kind: "NetworkChaos", spec };
}

function effectOf(mode: Extract<Action, { kind: "link" }>["mode"]): object {
  return mode.kind === "delay"
    ? { action: "delay", delay: { latency: `${mode.ms}ms` } }
    : { action: "partition" };
}

function selectorOf(parts: readonly PartName[]): object {
  return {
    namespaces: [NAMESPACE],
    expressionSelectors: [{ key: LABEL, operator: "In", values: [...parts] }],
  };
}
