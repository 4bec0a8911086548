import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { renderErrorsDoc } from "@sluice/errors";
import { renderStatesDoc } from "@sluice/training-manager/states-doc";
import { loadWorkloads, selectProfile } from "@sluice/workloads";
import { dashboards } from "./grafana/dashboards.ts";
import { renderDashboard } from "./grafana/render.ts";
import { portsFor } from "./local/ports.ts";
import { renderChaosMesh } from "./chaos/chaos-mesh.ts";
import { migratedSchema } from "./migrated-schema.ts";
import {
  dataLoaderDocument,
  featureApiDocument,
  opsDocument,
  trainingManagerDocument,
} from "./openapi-documents.ts";
import { renderPrometheusConfig } from "./prometheus/config.ts";
import { localTargets } from "./prometheus/local-targets.ts";
import { renderRules } from "./prometheus/rules.ts";

/** A committed file that is rendered from something else in the tree. */
interface Generated {
  readonly path: string;
  readonly render: () => string | Promise<string>;
}

const reference = selectProfile(loadWorkloads(), "reference");
const RULES = "sluice.rules.yml";

const GENERATED: readonly Generated[] = [
  { path: "docs/errors.md", render: renderErrorsDoc },
  { path: "docs/job-states.md", render: renderStatesDoc },
  { path: "docs/openapi/data-loader.json", render: dataLoaderDocument },
  { path: "docs/openapi/feature-api.json", render: featureApiDocument },
  { path: "docs/openapi/ops.json", render: opsDocument },
  { path: "docs/openapi/training-manager.json", render: trainingManagerDocument },
  ...dashboards(reference).map((dashboard) => ({
    path: `infra/grafana/${dashboard.uid}.json`,
    render: () => renderDashboard(dashboard),
  })),
  {
    path: "infra/prometheus/prometheus.yml",
    render: () => renderPrometheusConfig(localTargets(portsFor({})), RULES),
  },
  { path: `infra/prometheus/${RULES}`, render: () => renderRules(reference) },
  { path: "infra/chaos/generated/experiments.yaml", render: renderChaosMesh },
  { path: "migrations/schema.sql", render: migratedSchema },
];

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/**
 * Renders every generated file and writes those that are stale; with `check` writes nothing.
 * @returns the paths of the stale ones.
 */
export async function generate({ check }: { readonly check: boolean }): Promise<string[]> {
  const stale: string[] = [];
  for (const { path, render } of GENERATED) {
    const text = await render();
    const committed = await readFile(ROOT + path, "utf8").catch(() => undefined);
    if (committed === text) continue;
    stale.push(path);
    if (!check) await writeFile(ROOT + path, text);
  }
  return stale;
}

if (import.meta.main) {
  const check = process.argv.includes("--check");
  const stale = await generate({ check });
  for (const path of stale) {
    process.stdout.write(
      check ? `${path} is stale: run npm run generate and commit it\n` : `${path} written\n`,
    );
  }
  if (check && stale.length > 0) process.exitCode = 1;
}
